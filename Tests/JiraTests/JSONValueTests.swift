import Foundation
import Testing

@testable import Jira

@Suite struct JSONValueTests {
    @Test(arguments: [
        (#" {"b":[1,-2.5,true,null,"x"],"a":{}} "#, #"{"a":{},"b":[1,-2.5,true,null,"x"]}"#),
        (#""\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\""#, #""é😀/\u0008\u000c\n\r\t\"\\""#),
        (#"{"a":1,"a":2}"#, #"{"a":2}"#),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775808", "9.223372036854776e+18"),
        ("1e2", "100.0"), ("1E+400", "1.7976931348623157e+308"), ("-1e400", "-1.7976931348623157e+308"),
        ("0.1", "0.1"), ("\u{FEFF}null", "null"), (#""\u0000\u007f""#, #""\u0000\u007f""#),
    ])
    func `a text reads and writes back compact and sorted`(text: String, expected: String) throws {
        #expect(try JSONValue(parsing: text).description == expected)
    }

    /// As PostgreSQL's jsonb does it.
    @Test func `names that look alike and differ in their bytes are two members`() throws {
        for text in [#"{"caf\u00e9":1,"cafe\u0301":2}"#, #"{"cafe\u0301":2,"caf\u00e9":1}"#] {
            let value = try JSONValue(parsing: text)
            #expect(value["caf\u{E9}"] == 1 && value["cafe\u{301}"] == 2)
            #expect(value.serialized() == Array("{\"cafe\u{301}\":2,\"caf\u{E9}\":1}".utf8), "in the order of the bytes")
            let object = try #require(value.objectValue)
            #expect(object.count == 2)
            #expect(object.dictionary.count == 1, "a dictionary compares otherwise, and must not trap")
            #expect(value.withoutWideCharacters == nil)
        }
        #expect(try JSONValue(parsing: "\"caf\u{E9}\"") != .string("cafe\u{301}"))
        #expect(JSONValue.object(["caf\u{E9}": 1]) != ["cafe\u{301}": 1])
    }

    @Test(arguments: [
        (#""\ud800""#, "\u{FFFD}"), (#""\udc00x""#, "\u{FFFD}x"), (#""\ud800\ud83d\ude00""#, "\u{FFFD}😀"),
        (#""\ud800\u0041""#, "\u{FFFD}A"), (#""\ud83dA""#, "\u{FFFD}A"),
    ])
    func `lone surrogate escapes are replaced`(text: String, expected: String) throws {
        #expect(try JSONValue(parsing: text) == .string(expected))
    }

    @Test func `bytes that are not UTF-8 are replaced`() throws {
        #expect(try JSONValue(parsing: [0x22, 0xFF, 0x41, 0x22]) == "\u{FFFD}A")
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,]", "[1 2]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{\"a\" 1}",
        "tru",
        "nul", "+1", "01", "1.", ".5", "-", "1e", "1e+", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
        "\"\\ud800\\u\"",
        "\"a\nb\"", "1 1", "<html>", "NaN", "Infinity", "]", "\u{0}",
    ])
    func `what is not JSON is an error`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    }

    @Test func `nesting is followed to 512 levels and refused beyond, never a crash`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try JSONValue(parsing: nested(512)).description == nested(512))
        #expect(throws: JSONSyntaxError(problem: "nested deeper than 512", offset: 512)) {
            try JSONValue(parsing: nested(513))
        }
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: String(repeating: #"{"a":"#, count: 1_000_000))
        }
    }

    @Test func `every prefix and every changed byte of a text either reads or throws`() {
        let text = Array(#"{"a":[1,-2.5e3,true,null,"\ud83d\ude00é\n"],"b":{"c":"x"}}"#.utf8)
        for end in text.indices {
            _ = try? JSONValue(parsing: Array(text[..<end]))
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[end] = byte
                if let value = try? JSONValue(parsing: changed) {
                    #expect(throws: Never.self) { try JSONValue(parsing: value.serialized()) }
                }
            }
        }
    }

    @Test func `it goes through Codable as itself`() throws {
        let value: JSONValue = [
            "null": nil, "true": true, "one": 1, "half": 0.5, "text": "x\u{1}", "list": [1, "two", [:]],
            "big": 9_007_199_254_740_993,
        ]
        #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)) == value)
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(value.serialized())) == value)
    }

    @Test func `values are read by kind`() {
        let value: JSONValue = ["list": [1, 2.0, 2.5, "x", true], "none": nil]
        #expect(value["list"]?[0]?.integerValue == 1)
        #expect(value["list"]?[1]?.integerValue == 2)
        #expect(value["list"]?[2]?.integerValue == nil)
        #expect(value["list"]?[3]?.stringValue == "x")
        #expect(value["list"]?[4]?.boolValue == true)
        #expect(value["list"]?[5] == nil)
        #expect(value["list"]?[-1] == nil)
        #expect(value["none"]?.isNull == true)
        #expect(value["absent"] == nil)
        #expect(JSONValue.number(.nan).description == "null")
    }
}
