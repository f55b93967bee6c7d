import Foundation
import Jira

@testable import Compliance

extension FuzzTarget {
    /// Writes what the fuzzer starts from: small inputs of our own, and the recorded answers of real Jira servers where they are at
    /// hand (`JIRA_RECORDINGS_DIR`).
    ///
    /// - Returns: how many there are.
    func writeSeeds(to directory: String) throws -> Int {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let seeds = ownSeeds + recordedSeeds
        for (index, seed) in seeds.enumerated() {
            try Data(seed.utf8).write(to: URL(fileURLWithPath: directory).appending(path: "seed-\(index)"))
        }
        return seeds.count
    }

    private var ownSeeds: [String] {
        switch self {
        case .json:
            [
                #"{"a": [1, -2.5e-3, true, null, "\u00e9\ud83d\ude00\n"], "b": {}}"#,
                "[9223372036854775807, 1e400, -0.0]",
                Self.payload,
            ]
        case .answers:
            [
                "429\r\nRetry-After: 7\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nRateLimit-Reason: jira-burst-based\r\n\r\n{}",
                "429\r\nX-RateLimit-Reset: 2026-11-23T10:29Z\r\nX-RateLimit-Interval-Seconds: 9\r\n\r\n",
                "400\r\n\r\n" + #"{"errorMessages": ["no"], "errors": {"parentId": "wrong"}}"#,
                "403\r\nX-Authentication-Denied-Reason: CAPTCHA_CHALLENGE; login-url=https://x\r\n\r\n<html>",
                "401\r\nX-Seraph-LoginReason: AUTHENTICATED_FAILED\r\n\r\n",
                "302\r\nLocation: https://id.example/login?x=1\r\n\r\n",
                "404\r\n\r\n" + #"{"message": "null for uri", "status-code": 404}"#,
                "201\r\nX-AUSERNAME: bot\r\n\r\n"
                    + #"{"issues": [{"id": "1", "key": "X-1"}], "errors": [{"status": 400, "#
                    + #""elementErrors": {"errorMessages": ["a"], "errors": {}}, "failedElementNumber": 1}]}"#,
                "200\r\nX-AACCOUNTID: 5\r\n\r\n" + #"{"issues": [{"id": "10", "key": "X-1", "fields": {"created": "#
                    + #""2026-11-23T10:29:29.908+0000", "status": {"statusCategory": {"key": "done"}}}}], "total": 2, "startAt": 0}"#,
            ]
        case .payloads: [Self.payload, #"{"controlId": "A", "message": "now", "detectedAt": "2026-01-15"}"#]
        case .templates:
            [
                TicketSettings().summary + "\0" + Self.payload, TicketSettings().description + "\0" + Self.payload,
                "*strong* **twice** _em_ `code` [a {b|c}](https://x/{d.e}) https://y/{f}\n## h\nh2. i\n1. j\n• {g|upper}\n----"
                    + "\0" + Self.payload,
                #"\{no\} {a|date} {a|lower} ${b} {{c}} {d|x|y}"# + "\0" + Self.payload,
            ]
        case .markup:
            [
                "a\u{1B}[31mred\u{1B}[0m\u{1B}]8;;https://x\u{7}y\u{9B}1m\0hTitle\0bone,two\0othree,four\0r\0lhttps://x/y",
                #"{code}*a* _b_ [c|d] !e! h1. f ||g|| \h ---- {{i}} &amp; @j@ :) (/)"# + "\0m#k\n* l\n| m |",
                "l javascript:alert(1)\0lmailto:a@b\0mwide \u{202E}\u{FEFF}\u{FFFF}\r\n\u{2028}\u{85}",
            ]
        case .configuration: ConfigurationSeeds.all
        }
    }

    private static let payload = """
        {"controlId": "AWS_IAM_MFA", "controlTitle": "IAM MFA Enforcement", "severity": "high", "checkId": "c", \
        "failureReason": "6 users without MFA", "framework": "SOC 2", "evidenceId": "ev-42", "integration": "AWS", \
        "evidenceUrl": "https://app.kushim.io/e/1", "detectedAt": "2026-01-15T10:30:00Z", "resource": "123", \
        "affectedSystems": ["aws:1", "aws:2"], "nested": {"a": [1, 2.5, null, true]}}
        """

    // MARK: Recordings

    private struct Recording: Decodable {
        var status: Int
        var headers: [[String]]
        var body: String
    }

    private var recordedSeeds: [String] {
        guard self == .json || self == .answers else { return [] }
        return Self.recordings.map { recording in
            if self == .json { return recording.body }
            let headers = recording.headers.filter { $0.count == 2 }.map { "\($0[0]): \($0[1])\r\n" }
            return "\(recording.status)\r\n\(headers.joined())\r\n\(recording.body)"
        }
    }

    private static var recordings: [Recording] {
        guard let directory = ProcessInfo.processInfo.environment["JIRA_RECORDINGS_DIR"] else { return [] }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return files.filter { $0.hasSuffix(".json") }.sorted().compactMap { file in
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(file)") else { return nil }
            return try? JSONDecoder().decode(Recording.self, from: data)
        }
    }
}
