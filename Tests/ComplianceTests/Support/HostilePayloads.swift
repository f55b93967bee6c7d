import TestSupport

/// Payloads of events as JSON text: mostly whole ones with a few fields exchanged for an extreme.
struct HostilePayloads {
    private var random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    private static let fields = [
        "controlId", "controlTitle", "severity", "failureReason", "framework", "evidenceId", "evidenceUrl",
        "integration",
        "detectedAt", "affectedSystems", "resource", "checkId", "message", "other",
    ]

    private static let whole: [(String, String)] = [
        ("controlId", #""CC6.1""#), ("controlTitle", #""MFA""#), ("severity", #""high""#),
        ("failureReason", #""none""#), ("framework", #""SOC2""#), ("evidenceId", #""e""#),
        ("evidenceUrl", #""https://example.com""#), ("integration", #""OKTA""#),
        ("detectedAt", #""2026-11-23T10:00:00Z""#), ("affectedSystems", #"["okta"]"#), ("resource", #""r""#),
        ("checkId", #""c""#), ("message", #""m""#),
    ]

    /// Texts that only look empty, or do not.
    private static let blanks: [Unicode.Scalar] = [
        " ", "\t", "\u{1}", "\u{B}", "\u{1F}", "\u{7F}", "\u{80}", "\u{85}", "\u{A0}", "\u{AD}", "\u{1680}", "\u{180E}",
        "\u{2000}", "\u{200B}", "\u{200D}", "\u{2028}", "\u{202E}", "\u{2029}", "\u{202F}", "\u{205F}", "\u{2060}",
        "\u{3000}", "\u{FEFF}", "\u{301}", "\u{2800}", "\u{3164}", "\u{E0020}", "\u{FFFD}",
    ]

    private static let values = [
        "null", "true", "1", "-0", "1.5", "1e400", "-1e400", "1e-400", "[]", "{}", #""""#, #"["high"]"#, #"[["high"]]"#,
        #"[[["x"], "y"]]"#, #"["x", ["y"]]"#, "[1]", "[null]", "[{}]", #"["a", "b", null]"#, #"{"type": "string"}"#,
        #"{"controlId": "x"}"#, #""high""#, #""HIGH""#, #"" high""#, #""low""#, #""critical\u0301""#,
        #"["2026-11-23T10:00:00Z"]"#, #""\ud800""#, #""\udfff\ud800""#, #""\u0000""#, #""x\u0000""#, #""\ud83d\ude00""#,
        #"[""]"#, #"[" "]"#, "9223372036854775808", "-9223372036854775809", "0.1e1", "1E+2",
    ]

    private static let times = [
        "2026-99-99T99:99:99Z", "2026-11-23", "2026-11-23T10:00", "2026-11-23 10:00:00", "2026-11-23T10:00:00z",
        "2026-11-23T10:00:00+01", "2026-11-23T10:00:00+0100", "2026-11-23T10:00:00+01:00", "2026-11-23T10:00:00+99:99",
        "0000-01-01", "0001-01-01T00:00:00Z", "9999-12-31T24:59:61.999999999Z", "2026-11-23T10:00:00,5Z", "2026-02-31",
        "2026-00-10", "2026-10-00", "2026-11-23T25:00Z", "2026-11-23T10:60Z", "2026-11-23T10:00:62Z",
        "2026-11-23t10:00Z",
        "2026-11-23T10:00:00.Z", "2026-11-23T10:00:00Z ", " 2026-11-23", "2026-11-23T10:00:00Z\\n", "+2026-11-23",
        "２０２６-11-23", "٢٠٢٦-11-23", "2026-11-23T10:00:00.000000000000000000000000000000000000001Z", "12026-11-23",
        "soon",
    ]

    private static let lengths = [0, 1, 254, 255, 256, 560, 999, 1000, 1001, 1999, 2000, 2001]
    private static let characters = ["x", "é", "控", "😀", "a\u{301}", "\u{3000}", "\\u0001", "\\\"", "👩‍👩‍👧‍👦"]

    mutating func next() -> AdmittedPayloadTests.Trial {
        let customer =
            random.chance(0.9) ? "acme" : one(of: ["", " ", "\u{3000}", "a\tb", "acmé", "x y", " x", "\u{200B}x"])
        let kind = random.chance(0.7) ? "compliance_failure" : "compliance_pass"
        return AdmittedPayloadTests.Trial(kind: kind, customer: customer, payload: payload())
    }

    private mutating func payload() -> String {
        if random.chance(0.02) { return one(of: Self.values) }
        var members = Self.whole.filter { _ in !random.chance(0.03) }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let field = one(of: Self.fields)
            members.removeAll { $0.0 == field && !random.chance(0.1) }
            members.append((field, value(for: field)))
        }
        members.shuffle(using: &random)
        let object = "{\(members.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", "))}"
        return random.chance(0.02) ? "[\(object)]" : object
    }

    private mutating func value(for field: String) -> String {
        if field == "detectedAt", random.chance(0.8) {
            return "\"\(random.chance(0.7) ? one(of: Self.times) : time())\""
        }
        switch Int.random(in: 0..<100, using: &random) {
        case ..<35: return one(of: Self.values)
        case ..<60:
            return text((0..<Int.random(in: 0...4, using: &random)).map { _ in String(one(of: Self.blanks)) }.joined())
        case ..<75: return "\"\(String(repeating: one(of: Self.characters), count: one(of: Self.lengths)))\""
        case ..<80: return String(repeating: "9", count: one(of: [18, 19, 20, 309, 310, 400, 3_000]))
        case ..<83: return "0." + String(repeating: "0", count: one(of: [10, 320, 400, 5_000])) + "1"
        case ..<84: return "1e\(one(of: [308, 309, 4_932, 131_071, 131_072]))"
        case ..<90: return nested(one(of: [1, 2, 510, 511, 512, 600, 3_000]))
        case ..<91 where random.chance(0.03):
            return "\"\(String(repeating: one(of: ["x", "é", "\\n"]), count: one(of: [40_000, 349_000, 1_048_000])))\""
        default: return text(one(of: HostileText.samples))
        }
    }

    /// Near to a time.
    private mutating func time() -> String {
        func number(_ range: ClosedRange<Int>, _ width: Int) -> String {
            let digits = String(Int.random(in: range, using: &random))
            return String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }
        let day = "\(number(0...9999, 4))-\(number(0...13, 2))-\(number(0...32, 2))"
        let clock = "\(number(0...25, 2)):\(number(0...60, 2)):\(number(0...62, 2))"
        return "\(day)\(one(of: ["T", " ", "t"]))\(clock)\(one(of: ["", "Z", "z", "+14:00", "-00", ".5Z"]))"
    }

    private mutating func nested(_ depth: Int) -> String {
        random.chance(0.5)
            ? String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            : String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
    }

    private func text(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || scalar == "\"" || scalar == "\\" {
                let hex = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            } else {
                json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }

    private mutating func one<Element>(of choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }
}
