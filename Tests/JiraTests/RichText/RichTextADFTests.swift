import TestSupport
import Testing

@testable import Jira

@Suite struct RichTextADFTests {
    private func adf(_ content: Document.Inline...) -> String {
        Document([.paragraph(content)]).adf()["content"]?[0]?["content"]?.description ?? "none"
    }

    @Test func `blocks are the nodes that Jira knows`() {
        let document = Document([
            .heading(level: 2, [.text("Title")]), .paragraph([.text("one"), .lineBreak, .text("two")]),
            .bulletList([[.text("a")], []]), .orderedList([[.text("b", .strong)]]), .rule, .bulletList([]),
        ])
        let text = #"{"text":"\#("%")","type":"text"}"#
        func node(_ words: String) -> String { text.replacing("%", with: words) }
        #expect(
            document.adf().description == """
                {"content":[{"attrs":{"level":2},"content":[\(node("Title"))],"type":"heading"},\
                {"content":[\(node("one")),{"type":"hardBreak"},\(node("two"))],"type":"paragraph"},\
                {"content":[{"content":[{"content":[\(node("a"))],"type":"paragraph"}],"type":"listItem"},\
                {"content":[{"content":[],"type":"paragraph"}],"type":"listItem"}],"type":"bulletList"},\
                {"content":[{"content":[{"content":[{"marks":[{"type":"strong"}],"text":"b","type":"text"}],\
                "type":"paragraph"}],"type":"listItem"}],"type":"orderedList"},\
                {"type":"rule"}],"type":"doc","version":1}
                """)
    }

    @Test func `code stands beside nothing but a link`() {
        #expect(adf(.text("x", [.code, .strong])) == #"[{"marks":[{"type":"code"}],"text":"x","type":"text"}]"#)
        #expect(
            adf(.text("x", [.code, .emphasis], link: "https://x.y"))
                == #"[{"marks":[{"attrs":{"href":"https://x.y"},"type":"link"},{"type":"code"}],"text":"x","type":"text"}]"#
        )
    }

    @Test(arguments: ["\n", "\r\n", "\r", "\u{2028}", "\u{85}"])
    func `a line end in a text is a break`(end: String) {
        let text = { (text: String) in #"{"text":"\#(text)","type":"text"}"# }
        #expect(
            adf(.text("a\(end)\(end)b")) == #"[\#(text("a")),{"type":"hardBreak"},{"type":"hardBreak"},\#(text("b"))]"#)
    }

    @Test(arguments: [
        "javascript:alert(1)", "data:text/html,x", "//evil.example", "/path", "", "https://", "https:///x", "https:x",
        "ftp://x",
        "https://x/a b", "https://x/\"", "https://x/\n", "mailto:", "https://ö.example", "HTTPS:", "https://@",
        "https://?x",
    ])
    func `what is no URL of the web is no link`(url: String) {
        #expect(adf(.text("x", link: url)) == #"[{"text":"x","type":"text"}]"#)
    }

    @Test(arguments: ["https://x", "HTTP://X.Y:80/a?b=c#d", "mailto:a@b.c", "https://[::1]/x", "https://x/%7B"])
    func `what is one is`(url: String) {
        #expect(adf(.text("x", link: url)).contains(#""href":"\#(url)""#))
    }

    @Test func `characters that XML or a terminal cannot bear are replaced`() {
        #expect(adf(.text("a\0b\u{1B}[31mc\u{202E}d\t")) == #"[{"text":"a�bcd\t","type":"text"}]"#)
    }

    @Test(.enabled(if: ReferenceSchemas.adf != nil, ReferenceSchemas.isAbsent), arguments: 0..<8)
    func `any document is valid, whatever its texts`(seed: UInt64) throws {
        let schema = try #require(ReferenceSchemas.adf)
        var generator = SeededRandom(seed: seed)
        for _ in 0..<15 {
            let document = generator.document()
            #expect(schema.problems(in: document.adf()) == [], "\(document)")
        }
    }

    @Test(.enabled(if: ReferenceSchemas.adf != nil, ReferenceSchemas.isAbsent), arguments: HostileText.giants.indices)
    func `a giant is cut and stays valid`(index: Int) throws {
        let schema = try #require(ReferenceSchemas.adf)
        let giant = HostileText.giants[index]
        let document = Document([
            .paragraph([.text("Reason:", .strong), .lineBreak, .text(giant)]), .bulletList([[.text(giant, .code)]]),
            .rule,
        ])
        #expect(schema.problems(in: document.adf(limit: 4_000)) == [])
        for limit in [4_000, 30_000] {
            let text = document.adf(limit: limit).description
            #expect(text.utf16.count <= limit)
            #expect(text.contains("[cut: "))
        }
    }

    @Test(arguments: 0..<8)
    func `nothing but texts decides what nodes there are`(seed: UInt64) {
        var generator = SeededRandom(seed: seed)
        let words = (0..<2).map { _ in (0..<4).map { _ in "." + generator.hostileText() } }
        func document(_ words: [String]) -> Document {
            Document([
                .heading(level: 1, [.text(words[0])]), .paragraph([.text(words[1], .strong), .text(words[2])]),
                .bulletList([[.text(words[3], link: "https://x.y/")]]),
            ])
        }
        #expect(document(words[0]).adf().shape == document(words[1]).adf().shape)
    }

    @Test(arguments: 0..<20)
    func `the estimate of the length is never too small`(seed: UInt64) {
        var generator = SeededRandom(seed: seed)
        for _ in 0..<10 {
            let document = generator.document()
            let length = UTF16Length.of(document.unlimitedADF().serialized())
            #expect(document.upperBoundOfADF >= length)
            #expect(length == document.unlimitedADF().description.utf16.count)
        }
    }
}

extension JSONValue {
    /// The tree of node types with their marks; breaks left out and neighbouring texts of one kind taken for one.
    var shape: [String] {
        var shape: [String] = []
        for node in self["content"]?.arrayValue ?? [] where node["type"] != "hardBreak" {
            let line = "\(node["type"] ?? nil) \(node["marks"] ?? nil) \(node["attrs"] ?? nil) \(node.shape)"
            if node["type"] != "text" || shape.last != line { shape.append(line) }
        }
        return shape
    }
}
