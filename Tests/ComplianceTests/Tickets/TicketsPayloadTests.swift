import Foundation
import Testing

@testable import Compliance
@testable import Jira

@Suite struct TicketsPayloadTests {
    @Test func `a failure is read whole, other keys are kept`() throws {
        let failure = try ExampleFailure.failure([
            "affectedSystems": ["a", "b"], "resource": "123", "checkId": "c", "evidenceUrl": "https://e",
            "region": "eu",
        ])
        #expect(failure.controlID == "AWS_IAM_MFA")
        #expect(failure.severity == .high)
        #expect(failure.detectedAt == Date(timeIntervalSince1970: 1_768_473_000))
        #expect(failure.affectedSystems == ["a", "b"])
        #expect(failure.resource == "123")
        #expect(failure.payload["region"] == "eu")
    }

    @Test(arguments: [
        ("null", "payload: null where an object is expected"), ("[]", "payload: an array where an object is expected"),
        ("{", "payload: not valid JSON at byte 1: a member name is expected"),
        (ExampleFailure.payload(["controlId": nil]), "payload.controlId: missing; a string is expected"),
        (ExampleFailure.payload(["controlId": 5]), "payload.controlId: a number where a string is expected"),
        (
            ExampleFailure.payload(["controlTitle": " \n"]),
            "payload.controlTitle: empty; a string with some text is expected"
        ),
        (
            ExampleFailure.payload(["severity": "urgent"]),
            #"payload.severity: "urgent" is not one of critical, high, medium, low"#
        ),
        (ExampleFailure.payload(["severity": true]), "payload.severity: a boolean where a string is expected"),
        (
            ExampleFailure.payload(["detectedAt": "yesterday"]),
            #"payload.detectedAt: "yesterday" is not a time in ISO 8601, such as 2026-01-15T10:30:00Z"#
        ),
        (
            ExampleFailure.payload(["affectedSystems": "x"]),
            "payload.affectedSystems: a string where an array of strings is expected"
        ),
        (
            ExampleFailure.payload(["affectedSystems": ["x", ["y"]]]),
            "payload.affectedSystems[1]: an array where a string is expected"
        ),
        (ExampleFailure.payload(["framework": [:]]), "payload.framework: an object where a string is expected"),
    ])
    func `what is wrong is named`(payload: String, message: String) {
        let error = #expect(throws: PayloadError.self) { try ComplianceFailure(payload: payload) }
        #expect(error?.description == message)
    }

    @Test(arguments: [
        "2026-01-15T10:30:00.000Z", "2026-01-15T10:30:00.123456+00:00", "2026-01-15 11:30:00+01", "2026-01-15T10:30",
        "2026-01-15",
    ])
    func `times come in the forms that producers write`(text: String) throws {
        let date = try #require(try ExampleFailure.failure(["detectedAt": .string(text)]).detectedAt)
        #expect(abs(date.timeIntervalSince1970 - 1_768_473_000) < 86_400)
    }

    @Test func `surrogates and NUL are replaced`() throws {
        let failure = try ComplianceFailure(
            payload:
                #"{"controlId":"a\u0000b","controlTitle":"\ud800","severity":"low","failureReason":"x","framework":null,"resource":""}"#
        )
        #expect(failure.controlID == "a\u{FFFD}b")
        #expect(failure.controlTitle == "\u{FFFD}")
        #expect(failure.framework == nil)
        #expect(failure.resource == nil)
    }

    @Test func `a pass needs its control alone`() throws {
        let pass = try CompliancePass(payload: #"{"controlId":"c","message":"all well","resource":"r"}"#)
        #expect(pass == CompliancePass(controlID: "c", resource: "r", message: "all well", payload: pass.payload))
        #expect(throws: PayloadError.self) { try CompliancePass(payload: "{}") }
    }

    @Test func `severities are ordered`() {
        #expect([Severity.critical, .low, .high, .medium].sorted() == [.low, .medium, .high, .critical])
    }
}
