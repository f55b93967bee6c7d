import Testing

@testable import Jira

@Suite struct EscapeSequenceTests {
    @Test(arguments: [
        ("\u{1B}[31mFAIL\u{1B}[0m x", "FAIL x"), ("\u{1B}[1;38;5;196mred\u{1B}[m", "red"), ("\u{9B}2Kline", "line"),
        ("\u{1B}]8;;https://evil.example\u{1B}\\text\u{1B}]8;;\u{1B}\\", "text"), ("\u{1B}]0;title\u{7}x", "x"),
        ("\u{1B}(Bx\u{1B}=y", "xy"), ("cut off \u{1B}[3", "cut off "), ("\u{1B}", ""),
        ("\u{1B}]never ends", "never ends"),
        ("[31m is text", "[31m is text"), ("a\u{1B}[31m\nb\u{1B}[0m", "a\nb"), ("\u{1B}日本", "日本"),
    ])
    func `sequences of terminals go, the text stays`(text: String, expected: String) {
        #expect(CleanText.lines(of: text).joined(separator: "\n") == expected)
        for document in [Document([.paragraph([.text(text)])]), Document(plain: text)] {
            #expect(!document.wikiMarkup().contains("\u{1B}") && !document.adf().description.contains("u001b"))
        }
        #expect(!text.singleLine().contains("\u{FFFD}"))
    }

    @Test func `a scanner's output reads in both dialects`() {
        let text = "\u{1B}[1mCRITICAL\u{1B}[22m 3 found\n\tat com.acme.Main.run(Main.java:7)\n    at x"
        let markup = Document(plain: text).wikiMarkup()
        #expect(
            markup
                == "CRITICAL 3 found\n\u{A0}\u{A0}\u{A0}\u{A0}at com.acme.Main.run\\(Main.java:7)\n\u{A0}\u{A0}\u{A0}\u{A0}at x"
        )
        #expect(Document(plain: text).adf().description.contains("    at x"))
    }

    @Test(arguments: ["  * x", "\t- x", "    h1. x", "  bq. x", "   ", " x", "  ----", "  |a|", "  # x"])
    func `indented marks bring nothing about`(text: String) {
        let markup = Document(plain: "a\n\(text)").wikiMarkup()
        #expect(RenderedWikiMarkup(markup).constructs == [], "\(markup)")
    }
}
