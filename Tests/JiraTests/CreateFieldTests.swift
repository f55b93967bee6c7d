import Testing

@testable import Jira

/// How fields that real sites have are told apart, and what they are sent.
@Suite struct CreateFieldTests {
    private static let own = "com.atlassian.jira.plugin.system.customfieldtypes:"

    private func field(_ schema: JSONValue, _ allowedValues: JSONValue = []) throws -> JiraCreateField {
        try JiraCreateField(
            ofScreen: [
                "fieldId": "customfield_1", "name": "Field", "required": false, "schema": schema,
                "allowedValues": allowedValues,
            ])
    }

    /// What createmeta says of a field, what the settings say, and what is sent.
    private static let fields: [(schema: JSONValue, text: String, sent: JSONValue)] = [
        // A sprint by its id: Cloud's schema, and Data Center's.
        (["type": "array", "items": "json", "custom": "com.pyxis.greenhopper.jira:gh-sprint"], "42", 42),
        (["type": "array", "items": "string", "custom": "com.pyxis.greenhopper.jira:gh-sprint"], "42", 42),
        (["type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link"], "COMP-1", "COMP-1"),
        (
            ["type": "team", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team"],
            "36885b3c-1bf0-4f85-a357-c5b858c31de4", "36885b3c-1bf0-4f85-a357-c5b858c31de4"
        ),
        (["type": "securitylevel", "system": "security"], "Internal", ["name": "Internal"]),
        (["type": "array", "items": "string", "custom": .string(own + "labels")], "a b", ["a-b"]),
    ]

    @Test(arguments: fields.indices)
    func `a field is sent as its plugin takes it`(index: Int) throws {
        let (schema, text, sent) = Self.fields[index]
        #expect(try field(schema).value(of: [text], for: .cloud).value == sent)
    }

    @Test func `an option that is disabled is not taken, though another has its name`() throws {
        let options: JSONValue = [
            ["id": "1", "value": "Gold", "disabled": true], ["id": "2", "value": "Gold", "disabled": false],
            ["id": "3", "value": "Tin", "disabled": true],
        ]
        let tier = try field(["type": "option", "custom": .string(Self.own + "select")], options)
        #expect(tier.value(of: ["gold"], for: .dataCenter).value == ["id": "2"])
        #expect(tier.value(of: ["tin"], for: .dataCenter) == FittedValue(nil, problem: "\"tin\" is not one of Gold"))
    }

    @Test func `lists of options in a form may be called texts`() throws {
        let field = try JiraCreateField(
            ofForm: [
                "fieldId": "customfield_1", "name": "Areas", "required": true,
                "jiraSchema": ["type": "array", "items": "string", "custom": .string(Self.own + "multicheckboxes")],
                "validValues": [["value": "10", "label": "Identity", "children": []]],
            ])
        #expect(field.value(of: ["identity"], for: .cloud).value == [["id": "10"]])
    }

    @Test func `a URL that is too long for its field is left out, since no part of it would lead anywhere`() throws {
        let field = try field(["type": "string", "custom": .string(Self.own + "url")])
        let longest = "https://e.example/" + String(repeating: "x", count: 237)
        #expect(field.value(of: [longest], for: .cloud) == FittedValue(.string(longest)))
        let tooLong = field.value(of: [longest + "x"], for: .cloud)
        #expect(tooLong.value == nil)
        #expect(tooLong.problem?.hasSuffix("is longer than the 255 characters that the field takes") == true)
    }
}
