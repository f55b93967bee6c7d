import TestSupport
import Testing

@testable import Compliance
@testable import Jira

/// Payloads as JSON can bring them and no honest producer would: each is an error that says where, or a ticket that Jira can
/// take, built as its template is.
@Suite struct TicketsHostilePayloadTests {
    private static let template = """
        ## {controlTitle}
        *Control:* {controlId} _{framework}_ `{resource}`
        {failureReason}

        - {note.deep}
        - [Evidence]({evidenceUrl}) and https://kushim.example/c/{controlId}
        {affectedSystems}
        ----
        1. {failureReason|upper}
        """

    private static let mark = "kushim-0123456789abcdef0123"

    /// - Parameters:
    ///   - text: as it stands between the quotes of a string in JSON.
    ///   - id: the same for what becomes part of a URL.
    private func payload(_ text: String, id: String) -> String {
        #"{"controlId":"\#(id)","controlTitle":"\#(text)","severity":"high","failureReason":"\#(text)","framework":"\#(text)","#
            + #""resource":"\#(text)","evidenceId":"\#(id)","integration":"\#(text)","affectedSystems":["\#(text)"],"#
            + #""note":{"deep":"\#(text)"},"!\#(text)":"\#(text)"}"#
    }

    private func draft(_ payload: String, _ template: String) throws -> TicketDraft {
        let settings = ExampleFailure.settings {
            $0.description = template
            $0.summary = "[{controlId}] {controlTitle} {note.deep}"
            $0.fields = [
                "cf_1": .text("{failureReason}"), "cf_2": .option("{controlTitle}"),
                "cf_3": .options(["{affectedSystems}"]),
                "cf_4": .json(["{framework}", "{resource}"]), "cf_5": .json(["a": ["b": "{failureReason}"]]),
            ]
        }
        let plan = TicketPlanner(settings).plan(try ComplianceFailure(payload: payload), ExampleFailure.facts)
        guard case .create(let draft) = plan else { throw ExampleFailure.NoTicket(plan: plan) }
        return draft
    }

    private func expectTicket(_ text: String, id: String, _ template: String = template) throws {
        let plain = try draft(payload("word", id: "id"), template).description
        let draft = try draft(payload(text, id: id), template)
        let sample = "\(text.prefix(80))"
        let cloud = draft.createFields(for: .cloud)
        try expectLimits(cloud, sample)
        let adf = try #require(cloud["description"])
        #expect(adf.shape == plain.adf().shape, "\(sample)")
        #expect(adf.description.utf16.count <= 32_767, "\(sample)")
        if let schema = ReferenceSchemas.adf { #expect(schema.problems(in: adf) == [], "\(sample)") }

        let dataCenter = draft.createFields(for: .dataCenter)
        try expectLimits(dataCenter, sample)
        let markup = try #require(dataCenter["description"]?.stringValue)
        #expect(shape(ofWikiMarkup: markup) == shape(ofWikiMarkup: plain.wikiMarkup()), "\(sample)")
        #expect(markup.utf16.count <= 32_767, "\(sample)")
        #expect(!markup.unicodeScalars.contains("\0"), "\(sample)")
    }

    private func expectLimits(_ fields: [String: JSONValue], _ sample: String) throws {
        let body = CreateIssue(fields: fields).body
        #expect(try JSONValue(parsing: body.serialized()) == body, "\(sample)")
        let summary = try #require(fields["summary"]?.stringValue)
        #expect((1...255).contains(summary.utf16.count), "\(sample)")
        let labels = (fields["labels"]?.arrayValue ?? []).compactMap(\.stringValue)
        #expect(labels.last == Self.mark && Set(labels).count == labels.count, "\(sample)")
        #expect(labels.allSatisfy { !$0.isEmpty && !$0.contains(where: \.isWhitespace) }, "\(sample): \(labels)")
        for (id, value) in fields where id != "description" {
            for line in texts(of: value) {
                #expect((1...255).contains(line.utf16.count), "\(id) of \(sample)")
                #expect(
                    !line.unicodeScalars.contains { $0.properties.generalCategory == .control }, "\(id) of \(sample)")
            }
        }
    }

    private func texts(of value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(texts)
        case .object(let members): members.flatMap { texts(of: $0.value) }
        default: []
        }
    }

    @Test(arguments: HostileText.escapes)
    func `lone surrogates and zero bytes become U+FFFD, and the ticket is built as ever`(
        json: String, text: String
    ) throws {
        let failure = try ComplianceFailure(payload: payload(json, id: json))
        let read = [
            failure.controlID, failure.controlTitle, failure.failureReason, failure.framework, failure.integration,
        ]
        #expect(read == Array(repeating: text, count: 5))
        #expect(failure.affectedSystems == [text])
        try expectTicket(json, id: json)
        try expectTicket(json, id: json, TicketSettings.guidesDescription)
    }

    @Test(arguments: HostileText.brokenEscapes)
    func `what JSON does not allow is an error that says where`(text: String) {
        let error = #expect(throws: PayloadError.self) { try ComplianceFailure(payload: payload(text, id: "id")) }
        #expect(error?.field == "payload")
        #expect(error?.problem.hasPrefix("not valid JSON at byte ") == true)
    }

    @Test(arguments: HostileText.megabytesInJSON.indices)
    func `a megabyte in every field is a ticket that Jira can take`(index: Int) throws {
        try expectTicket(HostileText.megabytesInJSON[index], id: "id")
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `whatever the values, the ticket is built as its template`(seed: UInt64) throws {
        var generator = SeededRandom(seed: seed)
        for _ in 0..<15 {
            // A field may not be empty, and a list's entry that is empty would be left out.
            try expectTicket("." + generator.hostileJSON(), id: "." + generator.hostileJSON())
        }
    }
}

extension SeededRandom {
    /// What a string in JSON can hold between its quotes, escapes among it.
    fileprivate mutating func hostileJSON() -> String {
        (0..<Int.random(in: 1...4, using: &self)).map { _ in
            if Bool.random(using: &self) { return HostileText.escapes.randomElement(using: &self)?.json ?? "" }
            return String(JSONValue.string(hostileText()).description.dropFirst().dropLast())
        }.joined()
    }
}
