import Testing

@testable import Compliance
@testable import Jira

@Suite struct TicketsTemplateTests {
    private let values = TemplateValues(
        named: ["appUrl": "https://app"],
        payload: [
            "a": "A", "b": "B_b", "list": ["x", "y", ["z"]], "none": [], "number": 4.5, "count": 3, "flag": true,
            "time": "2026-01-15T23:30:00+02:00", "object": ["k": ["v", 1]], "empty": "",
            "markup": "*x* [y](https://z) {a}",
            "deep": ["er": ["still": "found"]], "lines": "one\ntwo", "url": "https://e.example/a?b=c",
            "host": "app.kushim.io/e/1?a=b",
        ])

    private func wiki(_ template: String) -> String {
        DocumentTemplate(template).document(values).wikiMarkup()
    }

    @Test(arguments: [
        ("*{a}* _{a}_ `{a}`", "*A* _A_ {{A}}"), ("**bold** and *also*", "*bold* and *also*"),
        ("*a _b_ c*", "*a* *_b_* *c*"), ("AWS_IAM_MFA a*b*c 2*3*4", #"AWS_IAM_MFA a\*b\*c 2\*3\*4"#),
        ("{a}_{b}_{a}", #"A_B_b_A"#), ("*{a}*:{b}", "*A*:B_b"),
        ("*unclosed _marks `here [x](y", #"\*unclosed \_marks `here &#91;x&#93;\(y"#),
        ("* not strong *", "* not strong \\*"), ("a * b * c", #"a \* b \* c"#),
        ("__init__ ***x***", #"\_\_init\_\_ \*\*\*x\*\*\*"#),
        (#"\*a\* \{a\} \[x\](y) \_z\_ C:\temp"#, #"\*a\* &#123;a&#125; &#91;x&#93;\(y) \_z\_ C:&#92;temp"#),
        (#"`*a* {a} \{x\}`"#, #"{{\*a\* A &#123;x&#125;}}"#), ("*a {a}b*", "*a Ab*"), ("*a `*` b*", #"*a* {{\*}} *b*"#),
    ])
    func `marks stand at the edges of words`(template: String, expected: String) {
        #expect(wiki(template) == expected)
    }

    @Test(arguments: [
        ("[t](https://x/{b}/{markup})", "[t|https://x/B_b/%2Ax%2A%20%5By%5D%28https%3A%2F%2Fz%29%20%7Ba%7D]"),
        ("[t]({url})", "[t|https://e.example/a?b=c]"),
        ("[{a} *x*]({appUrl}/c)", "[A|https://app/c] *[x|https://app/c]*"),
        ("[]({url})", "[https://e.example/a?b=c]"), ("[t](https://x/{missing|none})", "[t|https://x/none]"),
        ("see [t](https://x/{missing}) there", "see t there"), ("[t](https://x/{missing})", ""),
        ("[t]({markup})", "t"), ("[t](relative)", "t"), ("[t]({host})", #"t \(app.kushim.io/e/1?a=b)"#),
        ("[t](javascript:alert.x/1)", "t"), ("[{a}] (x)", #"&#91;A&#93; \(x)"#),
        ("[t](a b)", #"&#91;t&#93;\(a b)"#),
        ("see https://x.y/a_b_c, or (http://z/{a})!", #"see [https://x.y/a_b_c], or \([http://z/A])\!"#),
        ("*https://x.y/*", "*[https://x.y/]*"), ("xhttps://y", "xhttps&#58;//y"),
        ("[a [b] c](https://x/(y))", "[a &#91;b&#93; c|https://x/(y)]"),
    ])
    func `links hold their values`(template: String, expected: String) {
        #expect(wiki(template) == expected)
    }

    @Test(arguments: [
        ("{list}", "* x\n* y\n* z"), ("- {list}", "* x\n* y\n* z"), ("1. a\n2. {list}", "# a\n# x\n# y\n# z"),
        ("L: {list}", "L: x, y, z"), ("*L:*\n{list}\nend", "*L:*\n\n* x\n* y\n* z\n\nend"),
        ("{none}|{empty}|{missing}", "&#124;&#124;"),
        ("{none|n/a} {empty|n/a}", "n/a n/a"), ("{number} {count} {flag}", "4.5 3 true"),
        ("{object}", #"&#123;"k":&#91;"v",1&#93;&#125;"#), ("{deep.er.still} {deep.x|-}", #"found \-"#),
        ("{time|date} {a|date} {missing|date|never}", "2026-01-15 A never"), ("{a|lower}{b|upper}", "aB_B"),
        ("{ a } {} {1} {a", "&#123; a &#125; &#123;&#125; &#123;1&#125; &#123;a"),
        ("{markup}", #"\*x\* &#91;y&#93;\(https&#58;//z) &#123;a&#125;"#), ("*{lines}*", "*one*\n*two*"),
        ("a\n{missing}\nb", "a\nb"), ("- {missing}", ""), ("- {missing}\n- x", "* x"),
        ("{list|upper}", "* X\n* Y\n* Z"),
    ])
    func `variables have the form of their values`(template: String, expected: String) {
        #expect(wiki(template) == expected)
    }

    @Test(arguments: [
        ("a\nb\n\nc", "a\nb\n\nc"), ("━━━\nx\n----\ny\n===", "----\n\nx\n\n----\n\ny\n==="), ("---", "----"),
        ("--", #"\-\-"#),
        ("## T\ntext\nh3. U\n####### V", "h2. T\n\ntext\n\nh3. U\n\n\\#\\#\\#\\#\\#\\#\\# V"), ("#hash", ##"\#hash"##),
        ("• a\n•b\n- c\n* d", "* a\n* b\n* c\n* d"), ("1. a\n\n2) b\n10. c", "# a\n# b\n# c"),
        ("2024. was", "2024. was"),
        ("- a\n  more\nnot", "* a\\\\ more\n\nnot"), ("text\n1. a\n- b\r\nx", "text\n\n# a\n\n* b\n\nx"), ("", ""),
        ("\n\n", ""),
        ("-x", #"\-x"#), ("-", #"\-"#), ("1.", "1."),
    ])
    func `lines are blocks`(template: String, expected: String) {
        #expect(wiki(template) == expected)
    }

    @Test func `a text template has variables and no markup`() {
        #expect(
            TextTemplate(#"[{a}] *{list}* \{a\} \d {missing|none} {"#).text(values) == #"[A] *x, y, z* {a} \d none {"#)
    }

    @Test func `a variable that is unknown is named with what was perhaps meant`() throws {
        let settings = ExampleFailure.settings {
            $0.summary = "{contolId} {region}"
            $0.description = "[x](https://x/{evidenceID}) {xyzzy} {framework} {unknown|default}"
            $0.fields = ["customfield_1": .option("{severty}")]
        }
        let failure = try ExampleFailure.failure(["framework": nil, "regions": "eu"])
        let warnings = TicketPlanner(settings).warnings(for: failure, ExampleFailure.facts)
        #expect(
            warnings.map(\.description) == [
                "tickets.summary: {contolId} is neither a variable of kushim-jira nor in the payload; did you mean {controlId}?",
                "tickets.summary: {region} is neither a variable of kushim-jira nor in the payload; did you mean {regions}?",
                "tickets.description: {evidenceID} is neither a variable of kushim-jira nor in the payload; did you mean {evidenceId}?",
                "tickets.description: {xyzzy} is neither a variable of kushim-jira nor in the payload",
                "tickets.description: {framework} has no value in this payload and is left empty",
                "tickets.fields.customfield_1: {severty} is neither a variable of kushim-jira nor in the payload; did you mean {severity}?",
            ])
        let anyFailures = TicketPlanner(settings).warnings().map(\.description)
        #expect(anyFailures.count == 5)
        #expect(
            anyFailures.prefix(2) == [
                "tickets.summary: {contolId} is no variable of kushim-jira: only payloads with a key of this name fill it;"
                    + " did you mean {controlId}?",
                "tickets.summary: {region} is no variable of kushim-jira: only payloads with a key of this name fill it",
            ])
    }

    @Test(arguments: [
        ("{controlId|uper}", "{controlId|uper} says \"uper\" where there is no value; did you mean {controlId|upper}?"),
        ("{severity|UPPER}", "{severity|UPPER} says \"UPPER\" where there is no value; did you mean {severity|upper}?"),
        (
            "{evidenceID|none}",
            "{evidenceID} is neither a variable of kushim-jira nor in the payload; did you mean {evidenceId}?"
        ),
    ])
    func `a default does not hide a slip`(template: String, words: String) throws {
        let planner = TicketPlanner(ExampleFailure.settings { $0.summary = template })
        let warnings = planner.warnings(for: try ExampleFailure.failure(), ExampleFailure.facts)
        #expect(warnings.map(\.description) == ["tickets.summary: " + words])
    }

    @Test(arguments: [
        ("{{controlId}}", "{{controlId}} is not how a variable is written; write {controlId}"),
        ("${controlId}", "${controlId} is not how a variable is written; write {controlId}"),
        ("[{ controlId }]", "{ controlId } is not how a variable is written; write {controlId}"),
        ("{Control ID}", "{Control ID} is not how a variable is written; write {controlId}"),
        ("{{ failure-reason }}", "{{ failure-reason }} is not how a variable is written; write {failureReason}"),
    ])
    func `a variable as other programs write it is named`(template: String, words: String) throws {
        let planner = TicketPlanner(
            ExampleFailure.settings {
                $0.summary = template
                $0.fields = ["customfield_1": .json(["x", .string(template)])]
            })
        let expected = ["tickets.summary: " + words, "tickets.fields.customfield_1: " + words]
        #expect(
            planner.warnings(for: try ExampleFailure.failure(), ExampleFailure.facts).map(\.description) == expected)
        #expect(planner.warnings().map(\.description) == expected)
    }

    @Test(arguments: [#"\{{controlId}\}"#, #"\{controlId}"#, "{controlId}{severity}", "{ }", "{} {{}}", "{some words}"])
    func `braces that are meant are nothing to warn of`(template: String) {
        #expect(TicketPlanner(ExampleFailure.settings { $0.summary = template }).warnings() == [])
    }

    @Test(arguments: ["{owner|nobody}", "{resource|n/a}", "{framework|SOC 2}", "{severity|upper|low}", "{team.lead|}"])
    func `a default that is one is nothing to warn of`(template: String) throws {
        let planner = TicketPlanner(ExampleFailure.settings { $0.summary = template })
        #expect(planner.warnings(for: try ExampleFailure.failure(["resource": nil]), ExampleFailure.facts) == [])
        #expect(planner.warnings() == [])
    }

    @Test(arguments: [
        "*", "_", "`", "[", "{", "\\", "*a ", "[x](", "{a|", "\n- ", "https://", "━", "_*`[{", "](", "1. ",
    ])
    func `no template is too much`(piece: String) {
        let template = DocumentTemplate(String(repeating: piece, count: 3_000))
        #expect(template.document(values).wikiMarkup().utf16.count <= 32_767)
    }

    @Test func `the shape of a ticket depends on its template alone`() throws {
        let hostile = [
            "*x*", "[~admin]", "!http://x/y.png!", "{panel}x{panel}", "h1. x", "# x", "----", "https://evil.example",
            "\"\\\u{0}",
            "{controlId}", "[a](https://b)", "\u{202E}x", #"{"type":"mention","attrs":{"id":"1"}}"#, "</script>",
            "a\nb\r\n\r\nc",
            String(repeating: "&\"<x>\n", count: 8_000), String(repeating: "👩‍👩‍👧‍👦", count: 4_000), "x\u{301}\u{302}",
            "| a |", "- a",
        ]
        let expected = try ExampleFailure.draft(["affectedSystems": ["x"]]).description.adf().shape
        for value in hostile {
            let short = JSONValue.string(String(value.prefix(20)))
            let draft = try ExampleFailure.draft([
                "controlId": short, "controlTitle": .string(value), "failureReason": .string(value),
                "framework": .string(value), "evidenceId": short, "affectedSystems": [.string(value)],
            ])
            let adf = draft.description.adf()
            #expect(adf.shape == expected, "\(value.prefix(80))")
            #expect(adf.description.utf16.count <= 30_000)
            #expect(draft.description.wikiMarkup().utf16.count <= 32_767)
            #expect(draft.summary.utf16.count <= 254)
            #expect(!draft.summary.contains { $0.isNewline })
        }
    }
}
