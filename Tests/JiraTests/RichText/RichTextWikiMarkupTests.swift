import TestSupport
import Testing

@testable import Jira

@Suite struct RichTextWikiMarkupTests {
    private func markup(_ content: Document.Inline...) -> String {
        Document([.paragraph(content)]).wikiMarkup()
    }

    @Test func `blocks are those of Jira's notation`() {
        let document = Document([
            .heading(level: 2, [.text("Title\nof it")]), .paragraph([.text("one"), .lineBreak, .text("two\n\nthree")]),
            .bulletList([[.text("a\nb\n*c")], []]), .orderedList([[.text("d")]]), .rule, .paragraph([]),
            .bulletList([]),
        ])
        #expect(
            document.wikiMarkup() == #"""
                h2. Title of it

                one
                two
                &nbsp;
                three

                * a\\ b\\ \*c
                * &nbsp;

                # d

                ----
                """#)
    }

    @Test func `marks stand at the edges of words, in braces inside of them`() {
        #expect(markup(.text("a "), .text("b", .strong), .text(" c")) == "a *b* c")
        #expect(markup(.text("a"), .text("b", .strong), .text("c")) == "a{*}b{*}c")
        #expect(markup(.text("a", [.strong, .emphasis])) == "*_a_*")
        #expect(markup(.text(" a ", .emphasis), .text("b")) == "_a_ b")
        #expect(markup(.text("a_b", .code)) == "{{a_b}}")
        #expect(markup(.text("a_b c_d", .emphasis)) == #"_a\_b c\_d_"#)
        #expect(markup(.text("a\nb", .strong)) == "*a*\n*b*")
    }

    @Test func `what no phrase can hold loses its mark, not its text`() {
        #expect(markup(.text("👩‍👧", .strong), .text(" x²", .strong)) == "👩‍👧 x²")
        #expect(markup(.text("x"), .text("code", .code)) == "xcode")
        #expect(markup(.text(" ", .strong), .text("x")) == "x")
    }

    @Test func `links have their text, and a URL that stays within the brackets`() {
        #expect(markup(.text("a|b]", link: "https://x.y/?a[]=!b!")) == "[a&#124;b&#93;|https://x.y/?a%5B%5D=%21b%21]")
        #expect(markup(.text("https://x.y/a_b", link: "https://x.y/a_b")) == "[https://x.y/a_b]")
        #expect(markup(.text("x", .strong, link: "https://x.y")) == "*[x|https://x.y]*")
        #expect(markup(.text("x", link: "javascript:alert(1)")) == "x")
    }

    @Test(arguments: [
        ("AWS_IAM_MFA in us-east-1 - arn:aws:iam::12:user/x", "AWS_IAM_MFA in us-east-1 - arn:aws:iam::12:user/x"),
        ("[~admin]", #"&#91;\~admin&#93;"#), ("!x.png!", #"\!x.png\!"#), ("{panel}", "&#123;panel&#125;"),
        ("h1. x", "h1&#46; x"), ("bq. x", "bq&#46; x"), ("a h1. x", "a h1. x"), ("- x", #"\- x"#), ("# x", ##"\# x"##),
        ("C:\\x", "C:&#92;x"), ("https://x", "https&#58;//x"), ("mailto:x@y", #"mailto&#58;x@y"#), ("12:30", "12:30"),
        (":) :D :P(x)", #":\) &#58;D &#58;P\(x)"#), ("&lt; a & b", "&amp;lt; a & b"), ("a?? b?", #"a?\? b?"#),
        ("|a|", "&#124;a&#124;"), ("\ta\tb", "\u{A0}\u{A0}\u{A0}\u{A0}a b"), (" a", "a"),
        ("bob@acme.com @bob", #"bob@acme.com \@bob"#),
    ])
    func `texts are escaped as little as is safe`(text: String, expected: String) {
        #expect(markup(.text(text)) == expected)
    }

    @Test(arguments: HostileText.samples)
    func `a hostile text shows as itself and brings nothing about`(text: String) {
        expectPlain(text)
    }

    @Test(arguments: 0..<8)
    func `any text shows as itself and brings nothing about`(seed: UInt64) {
        var generator = SeededRandom(seed: seed)
        for _ in 0..<300 {
            expectPlain(generator.hostileText())
        }
    }

    private func expectPlain(_ text: String) {
        let rendered = RenderedWikiMarkup(markup(.text(text)))
        #expect(rendered.constructs == [], "\(text.debugDescription) gave \(markup(.text(text)))")
        let lines = CleanText.lines(of: text).map { line in
            // Two and more columns at the start of a line are kept, of a tab four.
            let start = line.unicodeScalars.prefix { $0 == " " || $0 == "\t" }
            let width = start.reduce(0) { $0 + ($1 == "\t" ? 4 : 1) }
            let rest = String(line.unicodeScalars[start.endIndex...]).replacing("\t", with: " ")
            return (width > 1 && !rest.isEmpty ? String(repeating: "\u{A0}", count: width) : "") + rest
        }
        let seen = rendered.text.split(separator: "\n", omittingEmptySubsequences: false)
        if !lines.allSatisfy(\.isEmpty) {
            #expect(seen.map { String($0) } == lines, "\(text.debugDescription)")
        }
    }

    @Test(arguments: 0..<8)
    func `neighbouring texts bring nothing about together`(seed: UInt64) {
        var generator = SeededRandom(seed: seed)
        for _ in 0..<100 {
            let texts = (0..<3).map { _ in generator.hostileText() }
            let markup = Document([.paragraph(texts.map { .text($0) })]).wikiMarkup()
            #expect(RenderedWikiMarkup(markup).constructs == [], "\(texts)")
        }
    }

    @Test(arguments: 0..<8)
    func `a mark holds the whole of its text, whatever that is`(seed: UInt64) {
        var generator = SeededRandom(seed: seed)
        for _ in 0..<100 {
            let text = generator.hostileText()
            for line in markup(.text(text, .strong)).split(separator: "\n") where line.first == "*" {
                let marked = String(line.reversed().drop { $0.isWhitespace }.reversed())
                #expect(RenderedWikiMarkup.isStrong(marked), "\(text.debugDescription) gave \(marked)")
            }
        }
    }

    @Test(arguments: HostileText.giants.indices)
    func `a giant is cut to Jira's limit`(index: Int) {
        let markup = Document([
            .paragraph([.text("Reason:", .strong), .lineBreak, .text(HostileText.giants[index])]), .rule,
        ]).wikiMarkup()
        #expect(markup.utf16.count <= 32_767)
        #expect(markup.contains("see the evidence in Kushim"))
        #expect(markup.hasSuffix("\n\n----"))
    }
}
