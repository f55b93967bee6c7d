import TestSupport
import Testing

@testable import Jira

@Suite struct JSONSchemaTests {
    @Test(
        arguments: [
            (
                ["type": "string", "minLength": 2, "maxLength": 3, "pattern": "^a"], ["ab", "abc"],
                ["a", "abcd", "bb", 1]
            ),
            (["type": ["integer", "null"], "minimum": 1, "maximum": 2], [1, 2.0, nil], [0, 3, 1.5, "1"]),
            (["type": "number"], [1, 1.5], ["1"]),
            (["enum": ["a", 1]], ["a", 1], ["b", 2]),
            (["type": "string", "nullable": true], ["a", nil], [1]),
            (
                [
                    "type": "object", "properties": ["a": ["type": "string"]], "required": ["a"],
                    "additionalProperties": false,
                ],
                [["a": "x"]], [[:], ["a": 1], ["a": "x", "b": 1], []]
            ),
            (["additionalProperties": ["type": "string"]], [["x": "y"]], [["x": 1]]),
            (
                ["items": ["type": "string"], "minItems": 1, "maxItems": 2, "uniqueItems": true], [["a"], ["a", "b"]],
                [[], [1], ["a", "a"], ["a", "b", "c"]]
            ),
            (["anyOf": [["type": "string"], ["type": "boolean"]]], ["a", true], [1]),
            (["oneOf": [["type": "number"], ["type": "integer"]]], [1.5], [1, "a"]),
            (["allOf": [["type": "string"], ["minLength": 2]]], ["ab"], ["a", 1]),
            (["not": ["type": "string"]], [1], ["a"]),
            (["frobnicate": 1], [], [1]),
        ] as [(JSONValue, [JSONValue], [JSONValue])])
    func `values are told apart`(schema: JSONValue, valid: [JSONValue], invalid: [JSONValue]) {
        let schema = JSONSchema(schema)
        for value in valid { #expect(schema.problems(in: value) == []) }
        for value in invalid { #expect(schema.problems(in: value) != [], "\(value)") }
    }

    @Test func `references are followed, also in a circle`() {
        let schema = JSONSchema(
            [
                "$ref": "#/definitions/node",
                "definitions": [
                    "node": ["properties": ["next": ["$ref": "#/definitions/node"]], "additionalProperties": false]
                ],
            ])
        #expect(schema.problems(in: ["next": ["next": [:]]]) == [])
        #expect(schema.problems(in: ["next": ["next": ["other": 1]]]) == ["$.next.next: other is not allowed"])
        #expect(JSONSchema(["$ref": "#/nowhere"]).problems(in: 1) != [])
    }

    @Test func `what only answers have is refused in requests`() {
        let schema: JSONValue = ["properties": ["id": ["readOnly": true], "secret": ["writeOnly": true]]]
        #expect(JSONSchema(schema, direction: .request).problems(in: ["id": 1]) == ["$.id: does not belong there"])
        #expect(JSONSchema(schema, direction: .response).problems(in: ["secret": 1]) != [])
        #expect(JSONSchema(schema).problems(in: ["id": 1, "secret": 1]) == [])
    }

    @Test(
        .enabled(if: ReferenceSchemas.adf != nil, ReferenceSchemas.isAbsent),
        arguments: [
            (
                [["type": "paragraph", "content": [["type": "text", "text": "x", "marks": [["type": "strong"]]]]]], true
            ),
            (
                [
                    ["type": "heading", "attrs": ["level": 2], "content": [["type": "text", "text": "x"]]],
                    ["type": "rule"],
                ], true
            ),
            ([["type": "paragraph", "content": [["type": "text", "text": ""]]]], false),
            ([["type": "heading", "content": []]], false),
            ([["type": "bulletList", "content": []]], false),
            ([["type": "paragraph", "colour": "red"]], false),
            (
                [
                    [
                        "type": "paragraph",
                        "content": [["type": "text", "text": "x", "marks": [["type": "code"], ["type": "strong"]]]],
                    ]
                ], false
            ),
        ] as [([JSONValue], Bool)])
    func `it judges ADF as Atlassian does`(content: [JSONValue], isValid: Bool) throws {
        let schema = try #require(ReferenceSchemas.adf)
        let document: JSONValue = ["version": 1, "type": "doc", "content": .array(content)]
        #expect(schema.problems(in: document).isEmpty == isValid, "\(schema.problems(in: document))")
    }
}
