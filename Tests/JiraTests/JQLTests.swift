import Testing

@testable import Jira

@Suite struct JQLTests {
    @Test(arguments: [
        ("plain", #""plain""#),
        ("IN", #""IN""#),
        ("", #""""#),
        (#"a"b\c"#, #""a\"b\\c""#),
        ("a\nb\rc\td", #""a\nb\rc\td""#),
        ("\u{0}\u{1B}\u{7F}\u{85}", #""\u0000\u001B\u007F\u0085""#),
        ("é😀 ü", "\"é😀 ü\""),
        (#"x" OR project = "Y"#, #""x\" OR project = \"Y""#),
    ])
    func `a value cannot leave its quotes`(value: String, expected: String) {
        #expect(JQL.quote(value) == expected)
    }

    @Test(
        arguments: [(0xFDD0, #""\uFDD0""#), (0xFFFF, #""\uFFFF""#), (0x1FFFE, #""\uD83F\uDFFE""#)] as [(UInt32, String)]
    )
    func `noncharacters are spelled out`(code: UInt32, expected: String) throws {
        #expect(JQL.quote(String(try #require(Unicode.Scalar(code)))) == expected)
    }

    @Test func `a list is quoted element by element`() {
        #expect(JQL.list(["kushim-1", "a\""]) == #"("kushim-1", "a\"")"#)
    }

    @Test(
        arguments: [
            ("CC6.1", #""\"CC6.1\"""#), ("AWS_IAM_MFA", #""\"AWS_IAM_MFA\"""#), ("AC-2(1)", #""\"AC 2 1\"""#),
            (#"a" OR *:* \ "b"#, #""\"a OR b\"""#), ("Größe 7", #""\"Größe 7\"""#), ("-- . _ !", nil), ("", nil),
        ] as [(String, String?)])
    func `a phrase keeps the words and nothing that a text search could take for syntax`(words: String, value: String?)
    {
        #expect(JQL.phrase(words) == value)
    }
}
