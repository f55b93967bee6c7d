import TestSupport
import Testing

@testable import Jira

@Suite struct RichTextShorteningTests {
    @Test func `the longest text is cut, with a note that tells how much is gone`() {
        let document = Document([
            .paragraph([.text("kept")]), .paragraph([.text(String(repeating: "x", count: 20_000), .strong)]),
        ])
        let markup = document.wikiMarkup(limit: 1_000)
        #expect(markup.utf16.count <= 1_000)
        #expect(markup.hasPrefix("kept\n\n*xxx"))
        let kept = markup.filter { $0 == "x" }.count
        #expect(kept > 850)
        let note = Document.cutNote(20_000 - kept, "characters")
        #expect(note.hasPrefix("... [cut: 19,"))
        #expect(markup.hasSuffix("x" + note.replacing("[", with: "&#91;").replacing("]", with: "&#93;") + "*"))
    }

    @Test func `characters stay whole`() {
        let family = "👩‍👩‍👧‍👦"
        let markup = Document(plain: String(repeating: family, count: 1_000)).wikiMarkup(limit: 600)
        let kept = markup.prefix { $0 != "." }
        #expect(!kept.isEmpty)
        #expect(kept.allSatisfy { String($0) == family })
        #expect(String(repeating: family, count: 3).prefix(utf16Units: 32) == "\(family)\(family)")
        #expect("abc".prefix(utf16Units: 2) == "ab")
    }

    @Test func `a list of too many entries ends in a note`() {
        let document = Document([.bulletList((0..<5_000).map { [.text("system-\($0)")] }), .paragraph([.text("end")])])
        let adf = document.adf()
        #expect(adf.description.utf16.count <= 30_000)
        let items = adf["content"]?[0]?["content"]?.arrayValue ?? []
        #expect(items.count > 150)
        #expect(items.last?.description.contains("more entries; see the evidence in Kushim") == true)
        #expect(adf["content"]?[1]?.description.contains("end") == true)
    }

    @Test func `a document of too many paragraphs ends in a note`() {
        let document = Document((0..<3_000).map { .paragraph([.text("paragraph \($0)")]) })
        #expect(document.adf().description.utf16.count <= 30_000)
        #expect(document.wikiMarkup(limit: 2_000).utf16.count <= 2_000)
        #expect(document.wikiMarkup(limit: 2_000).hasSuffix("more paragraphs; see the evidence in Kushim&#93;"))
    }

    @Test func `what fits is not touched`() {
        let text = String(repeating: "x", count: 32_767)
        #expect(Document(plain: text).wikiMarkup() == text)
    }

    @Test(arguments: [
        ("  a \n\t b\u{0} ", "a b�"), ("", ""), ("\u{200B}\u{FEFF}", ""), ("\n", ""), ("a\u{2028}b\r\nc", "a b c"),
    ])
    func `a summary is one line`(text: String, expected: String) {
        #expect(text.singleLine() == expected)
    }

    @Test func `a summary is cut after a whole character`() {
        #expect(String(repeating: "x", count: 254).singleLine() == String(repeating: "x", count: 254))
        #expect(String(repeating: "x", count: 255).singleLine() == String(repeating: "x", count: 253) + "…")
        let flags = String(repeating: "🇩🇪", count: 100).singleLine()
        #expect(flags == String(repeating: "🇩🇪", count: 63) + "…")
        for giant in HostileText.giants { #expect(giant.singleLine().utf16.count <= 254) }
    }

    @Test func `plain text has no marks and spells out links`() {
        let document = Document([
            .paragraph([.text("a", .strong), .text("\u{1B}[31m"), .text("x", link: "https://x.y")]),
            .orderedList([[.text("one\ntwo")], [.text("https://x.y", link: "https://x.y")]]), .rule,
        ])
        #expect(
            document.plainText() == """
                ax (https://x.y)

                1. one
                   two
                2. https://x.y

                ────────────────────────────────────────
                """)
    }
}
