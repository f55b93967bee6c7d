import Foundation
import Jira
import TestSupport
import Testing

@testable import Compliance

/// Until when a failure must be remedied: the database reckons, since it knows the world's clocks.
@Suite("Due dates")
struct DueDateTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var start: String
        var due: String
        var zone = "UTC"
        var business = false
        var dueAt: String
        var day: String
        var testDescription: String { "\(due) from \(start) in \(zone)\(business ? ", business days" : "")" }
    }

    private static let cases = [
        Case(start: "2026-01-15T10:30:00Z", due: "7d", dueAt: "2026-01-22T10:30:00Z", day: "2026-01-22"),
        Case(start: "2026-12-30T23:59:59Z", due: "7d", dueAt: "2027-01-06T23:59:59Z", day: "2027-01-06"),
        Case(start: "2028-02-28T12:00:00Z", due: "1d", dueAt: "2028-02-29T12:00:00Z", day: "2028-02-29"),
        // The same hour of the clock, though a day of 23 hours lies between (29 March) or one of 25 (25 October).
        Case(
            start: "2026-03-28T11:00:00Z", due: "1d", zone: "Europe/Berlin", dueAt: "2026-03-29T10:00:00Z",
            day: "2026-03-29"),
        Case(
            start: "2026-10-24T10:00:00Z", due: "1d", zone: "Europe/Berlin", dueAt: "2026-10-25T11:00:00Z",
            day: "2026-10-25"),
        // Hours are hours.
        Case(
            start: "2026-03-28T11:00:00Z", due: "24h", zone: "Europe/Berlin", dueAt: "2026-03-29T11:00:00Z",
            day: "2026-03-29"),
        // An hour that the clock leaves out.
        Case(
            start: "2026-03-07T07:30:00Z", due: "1d", zone: "America/New_York", dueAt: "2026-03-08T07:30:00Z",
            day: "2026-03-08"),
        // The day is that of the zone.
        Case(
            start: "2026-06-30T22:30:00Z", due: "1d", zone: "Asia/Kolkata", dueAt: "2026-07-01T22:30:00Z",
            day: "2026-07-02"),
        Case(
            start: "2026-12-31T03:00:00Z", due: "0h", zone: "America/Los_Angeles", dueAt: "2026-12-31T03:00:00Z",
            day: "2026-12-30"),
        // From a Friday; from a Saturday, when the clock does not run; over a year's end.
        Case(
            start: "2026-01-16T10:00:00Z", due: "1d", business: true, dueAt: "2026-01-19T10:00:00Z", day: "2026-01-19"),
        Case(
            start: "2026-01-17T10:00:00Z", due: "1d", business: true, dueAt: "2026-01-20T00:00:00Z", day: "2026-01-20"),
        Case(
            start: "2026-12-31T10:00:00Z", due: "2d", business: true, dueAt: "2027-01-04T10:00:00Z", day: "2027-01-04"),
        Case(
            start: "2026-01-15T10:00:00Z", due: "7d", business: true, dueAt: "2026-01-26T10:00:00Z", day: "2026-01-26"),
        Case(
            start: "2026-03-27T11:00:00Z", due: "1d", zone: "Europe/Berlin", business: true,
            dueAt: "2026-03-30T10:00:00Z", day: "2026-03-30"),
    ]

    @Test(
        "Days are the calendar's in the customer's zone, hours are hours, weekends count only where they should",
        arguments: cases)
    func due(_ test: Case) async throws {
        try await TestDatabase.with { database in
            var sla = SLASettings()
            sla.due[.high] = try Span(test.due)
            sla.timeZone = test.zone
            sla.calendar = test.business ? .business : .calendar
            let start = try #require(JiraTimestamp.iso8601(test.start))
            let answer = try #require(
                try await database.pool.execute(FindDueDate(start: start, severity: .high, sla)).first)
            #expect(answer.dueAt.formatted(.iso8601) == test.dueAt)
            #expect(answer.day == test.day)
        }
    }
}
