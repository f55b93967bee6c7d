import Foundation
import Testing

@testable import Jira

@Suite struct JiraTimestampTests {
    @Test(arguments: [
        ("2026-11-23T10:29:29.908+0000", 1_795_429_769.908),
        ("2026-11-23T10:29:29+00:00", 1_795_429_769), ("2026-11-23T10:29:29Z", 1_795_429_769),
        ("2026-11-23T10:29Z", 1_795_429_740), ("2026-11-23T10:29", 1_795_429_740),
        ("2026-11-23T21:29:29.908+1100", 1_795_429_769.908), ("2026-11-23T05:59:29-0430", 1_795_429_769),
        ("1970-01-01T00:00:00Z", 0), ("2000-02-29T00:00:00Z", 951_782_400), ("1969-12-31T23:59:59Z", -1),
    ])
    func `Jira's moments are read`(text: String, expected: Double) throws {
        let date = try #require(JiraTimestamp.iso8601(text))
        #expect(abs(date.timeIntervalSince1970 - expected) < 0.0005)
    }

    @Test(arguments: [
        "", "now", "2026-11-23", "2026-13-01T00:00Z", "2026-11-23T10:29:xxZ", "2026-11-23T10:29Zx", "9999999999",
        "２０２６-11-23T10:29Z",
    ])
    func `what is no moment is none`(text: String) {
        #expect(JiraTimestamp.iso8601(text) == nil)
    }

    @Test func `an HTTP date is read`() {
        #expect(JiraTimestamp.httpDate("Sun, 06 Nov 1994 08:49:37 GMT")?.timeIntervalSince1970 == 784_111_777)
        #expect(JiraTimestamp.httpDate("120") == nil)
        #expect(JiraTimestamp.httpDate("Sunday, 06-Nov-94 08:49:37 GMT") == nil)
    }
}
