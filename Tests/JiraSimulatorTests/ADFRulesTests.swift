import JiraSimulator
import Testing

@Suite struct ADFRulesTests {
    private static func text(_ text: String, _ marks: JSON...) -> JSON {
        ["type": "text", "text": .string(text), "marks": .array(marks)]
    }

    private static func paragraph(_ inline: JSON...) -> JSON { ["type": "paragraph", "content": .array(inline)] }

    @Test(
        arguments: [
            [paragraph()],
            [
                paragraph(
                    text("a", ["type": "strong"], ["type": "em"]), ["type": "hardBreak"], text("b", ["type": "code"]))
            ],
            [["type": "heading", "attrs": ["level": 3], "content": [text("a")]], ["type": "rule"]],
            [["type": "bulletList", "content": [["type": "listItem", "content": [paragraph(text("a"))]]]]],
            [
                [
                    "type": "orderedList", "attrs": ["order": 2],
                    "content": [["type": "listItem", "content": [paragraph()]]],
                ]
            ],
            [["type": "codeBlock", "attrs": ["language": "json"], "content": [["type": "text", "text": "{\n}"]]]],
            [["type": "panel", "attrs": ["panelType": "warning"], "content": [paragraph(text("a"))]]],
            [paragraph(text("x", ["type": "link", "attrs": ["href": "https://a.example"]], ["type": "code"]))],
            [
                [
                    "type": "table",
                    "content": [["type": "tableRow", "content": [["type": "tableCell", "content": [paragraph()]]]]],
                ]
            ],
            [paragraph(["type": "status", "attrs": ["text": "HIGH", "color": "red"]])],
        ] as [JSON])
    func soundDocumentsAreTaken(content: JSON) async throws {
        #expect(try await reply(to: content).status == 201)
    }

    @Test(
        arguments: [
            ([paragraph(["type": "text", "text": ""])], "text must not be empty"),
            ([paragraph(text("a\nb"))], "a line break in text"),
            ([paragraph(text("a", ["type": "code"], ["type": "strong"]))], "code goes together with link only"),
            ([text("bare")], "a text may not stand here"),
            ([["type": "heading", "content": [text("a")]]], "attrs.level: is missing"),
            ([["type": "heading", "attrs": ["level": 7]]], "attrs.level: wrong value"),
            ([["type": "bulletList", "content": []]], "a bulletList must not be empty"),
            (
                [["type": "bulletList", "content": [["type": "listItem", "content": [["type": "rule"]]]]]],
                "must not begin with a rule"
            ),
            (
                [["type": "panel", "attrs": ["panelType": "info"], "content": [["type": "rule"]]]],
                "a rule may not stand here"
            ),
            ([["type": "paragraph", "attrs": ["localId": "x"]]], "no attributes may stand here"),
            ([["type": "paragraph", "text": "x"]], "text: unknown key"),
            ([paragraph(text("a", ["type": "link"]))], "attrs.href: is missing"),
            ([["type": "marquee"]], "a marquee may not stand here"),
        ] as [(JSON, String)])
    func faultyDocumentsAreRefused(content: JSON, reason: String) async throws {
        let reply = try await reply(to: content)
        #expect(reply.status == 400)
        #expect(reply.fieldErrors["description"] == "INVALID_INPUT")
        #expect(reply.headers["x-simulator-reason"]?.contains(reason) == true, "\(reply.headers)")
    }

    private func reply(to content: JSON) async throws -> RawReply {
        try await withSimulatedJira { jira in
            let document: JSON = ["type": "doc", "version": 1, "content": content]
            return await RawClient(jira).post("issue", creation(["description": document]))
        }
    }
}
