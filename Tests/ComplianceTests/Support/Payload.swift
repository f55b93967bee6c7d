import Jira

/// Payloads as producers write them.
enum Payload {
    static func failure(_ control: String, severity: String = "high", reason: String = "MFA is off for 3 users")
        -> [String: JSONValue]
    {
        [
            "controlId": .string(control), "controlTitle": "Multi-factor authentication", "severity": .string(severity),
            "failureReason": .string(reason), "framework": "CC6.1", "evidenceId": "ev-42", "integration": "AWS",
            "affectedSystems": ["prod", "staging"],
        ]
    }

    static func pass(_ control: String) -> [String: JSONValue] {
        ["controlId": .string(control), "message": "All users have MFA now.", "evidenceId": "ev-43"]
    }
}

extension [String: JSONValue] {
    var json: String { JSONValue.object(self).description }
}
