package import Jira

/// Texts that a payload could bring, and that mean something to one of the dialects, to a terminal or to a parser.
package enum HostileText {
    private static let noncharacters = [0xFFFE, 0xFDD0, 0x1FFFF].compactMap(Unicode.Scalar.init).map(String.init)
        .joined()

    package static let samples: [String] = [
        "plain", "", " ", "\n", "\n\n\n", " leading and trailing ", "\t* tab", "it's \"quoted\" & <b>bold</b>",
        "*strong* _emphasis_ -deleted- +inserted+ ^sup^ ~sub~ ??cite?? {{code}}", "{*}brace{*} {_}x{_} {-}y{-}",
        "{panel}x{panel} {code}y{code} {noformat}z{noformat} {color:red}w{color} {quote}",
        "[~admin] [~accountid:5b10a]",
        "@admin mail bob@acme.com", "!http://evil.example/x.png! !x.png|thumbnail!", "[text|https://evil.example]",
        "[https://evil.example] [#anchor] [^file.txt] [mailto:x@y.z]", "see https://evil.example/a_b_c?d=e#f.",
        "HTTPS://EVIL.EXAMPLE mailto:x@y.z file:///etc/passwd javascript:alert(1) data:text/html,x ftp://x //x",
        "\\\\server\\share C:\\Users\\bob \\* \\\\* \\", "h1. heading", "bq. quote", "  h3. indented",
        "a\nh2. second line",
        "* bullet\n# number\n- dash\n** nested\n#* mixed", "----", "a\n----\nb", "|| head || head ||\n| cell | cell |",
        "a -- b --- c", "x--y", ":) :( :P :p :D ;) (y) (n) (i) (/) (x) (!) (+) (-) (?) (on) (off) (*) (flag) :-) :P.",
        "&lt;script&gt; &amp; &#123;panel&#125; &nbsp;& &#x41;",
        "AWS_IAM_MFA us-east-1 snake_case_name _lead trail_ __init__",
        "100% @param@ %s", "C# #1 issue#2", "1. one\n2. two", "# markdown\n## heading\n- [ ] todo\n```\ncode\n```",
        #"{"type":"doc","version":1,"content":[{"type":"mention","attrs":{"id":"x"}}]}"#,
        #"{"type":"text","text":"x","marks":[{"type":"link","attrs":{"href":"javascript:1"}}]}"#,
        "{controlId} {failureReason|x} {{x}} \\{x\\}", "nul \0 bell \u{7} escape \u{1B}[31mred\u{1B}[0m del \u{7F}",
        "c1 \u{85} \u{9B}31m", "line\u{2028}separator\u{2029}paragraph\u{B}tab\u{C}feed\r\ncrlf\rcr",
        noncharacters,
        "\u{202E}dexob\u{202C} \u{2066}isolate\u{2069} \u{200F}rtl\u{200E} שלום עולם مرحبا",
        "\u{FEFF}bom \u{200B}zero\u{200D}width",
        "👩‍👩‍👧‍👦 🇩🇪 🚨 👍🏽 e\u{301} a\u{300}\u{316}\u{317} ꧁", "² ½ Ⅷ \u{E000} \u{AD}soft", "日本語のテキスト，全角（括弧）：）",
        "'; DROP TABLE jobs; --", "${jndi:ldap://x} #{x} %{x} <%= x %>", "]]> <![CDATA[ <!-- -->",
    ]

    /// What can stand between the quotes of a string in JSON and in no string of Swift; and what becomes of it.
    package static let escapes: [(json: String, text: String)] = [
        (#"\ud800"#, "\u{FFFD}"), (#"\udfff"#, "\u{FFFD}"), (#"\uDBFF\uD800"#, "\u{FFFD}\u{FFFD}"),
        (#"\udfff\ud800"#, "\u{FFFD}\u{FFFD}"), (#"a\udc00\ud83db"#, "a\u{FFFD}\u{FFFD}b"),
        (#"\ud800\u0000\udc00"#, "\u{FFFD}\u{FFFD}\u{FFFD}"), (#"\ud83d\\ude00"#, "\u{FFFD}\\ude00"),
        (#"\ud800\ud83d\ude00\udfff"#, "\u{FFFD}😀\u{FFFD}"), (#"\u0000"#, "\u{FFFD}"), (#"*\u0000*"#, "*\u{FFFD}*"),
        (#"\u0000\u0000\n\u0000"#, "\u{FFFD}\u{FFFD}\n\u{FFFD}"),
    ]

    /// What no string in JSON may hold.
    package static let brokenEscapes = [
        #"\ud80"#, #"\u"#, #"\u00"#, #"\ud800\u12"#, #"\udc0g"#, #"\x00"#, #"\0"#, #"\"#, "a\0b", "\u{1}", "\n",
    ]

    /// A megabyte each, as it stands in JSON.
    package static let megabytesInJSON = [
        String(repeating: "x", count: 1 << 20), String(repeating: #"\ud800"#, count: 350_000),
        String(repeating: #"\udfff\ud800 "#, count: 150_000), String(repeating: #"\u0000"#, count: 1 << 20),
        String(repeating: #"*{\"\n"#, count: 1 << 18), String(repeating: "👩‍👩‍👧‍👦", count: 42_000),
        "a" + String(repeating: "\u{301}", count: 1 << 19),
    ]

    /// What the generator puts together.
    package static let pieces =
        samples + [
            "*", "_", "-", "+", "^", "~", "{", "}", "{{", "}}", "[", "]", "|", "!", "\\", "\\\\", "(", ")", ":",
            ";", "&",
            "#", "?", "%", "@", ".", " ", "\n", "a", "1", "h1", "bq", "http", "://", "lt;", "D", "P", "x)",
        ]

    /// Long ones.
    package static let giants: [String] = [
        String(repeating: "x", count: 40_000), String(repeating: "\"*{\n", count: 10_000),
        String(repeating: "👩‍👩‍👧‍👦", count: 5_000), "a" + String(repeating: "\u{301}", count: 50_000),
        String(repeating: "a ", count: 500_000), String(repeating: "\n", count: 40_000),
    ]
}

extension SeededRandom {
    /// Pieces of the samples and of markup, put together at random.
    package mutating func hostileText() -> String {
        return (0..<Int.random(in: 1...6, using: &self)).map { _ in
            let piece = HostileText.pieces.randomElement(using: &self) ?? ""
            if Bool.random(using: &self) { return piece }
            let scalars = Array(piece.unicodeScalars)
            let start = Int.random(in: 0...scalars.count, using: &self)
            let end = Int.random(in: start...scalars.count, using: &self)
            return String(String.UnicodeScalarView(scalars[start..<end]))
        }.joined()
    }

    package mutating func document() -> Document {
        Document(
            (0..<Int.random(in: 0...5, using: &self)).map { _ in
                switch Int.random(in: 0..<6, using: &self) {
                case 0, 1: .paragraph(content())
                case 2: .heading(level: Int.random(in: 0...8, using: &self), content())
                case 3: .bulletList(items())
                case 4: .orderedList(items())
                default: .rule
                }
            })
    }

    private mutating func items() -> [[Document.Inline]] {
        (0..<Int.random(in: 0...3, using: &self)).map { _ in content() }
    }

    private mutating func content() -> [Document.Inline] {
        let links = [
            "https://app.kushim.io/evidence/1", "https://x/?a[]=b!c!", "mailto:x@y.z", "javascript:alert(1)", "", "//x",
            "x y",
            "https://", "ftp://x", "https://x/ö",
        ]
        return (0..<Int.random(in: 0...4, using: &self)).map { _ in
            if Int.random(in: 0..<5, using: &self) == 0 { return .lineBreak }
            let marks = Document.Marks(rawValue: UInt8.random(in: 0...7, using: &self))
            let link = Bool.random(using: &self) ? links.randomElement(using: &self) : nil
            return .text(hostileText(), marks, link: link)
        }
    }
}
