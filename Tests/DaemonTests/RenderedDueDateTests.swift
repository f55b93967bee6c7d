import Compliance
import Foundation
import Jira
import TestSupport
import Testing

@testable import Daemon

@Suite struct RenderedDueDateTests {
    private static let zones = [
        "UTC", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Asia/Tokyo",
        "Asia/Kathmandu",
        "Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Lord_Howe", "Africa/Casablanca",
    ]
    /// Around changes of clocks both ways, a leap day, the end of a year, weekends and midnights.
    private static let starts = [
        "2026-03-28T01:30:00Z", "2026-03-28T11:00:00Z", "2026-03-29T00:59:59Z", "2026-03-29T01:30:00Z",
        "2026-10-24T00:30:00Z", "2026-10-24T01:30:00Z", "2026-10-24T10:00:00Z", "2026-10-25T00:30:00Z",
        "2026-03-07T07:30:00Z", "2026-11-01T05:30:00Z", "2026-10-31T05:30:00Z", "2026-10-31T06:30:00Z",
        "2026-04-03T15:15:00Z", "2026-10-02T15:45:00Z", "2028-02-28T12:00:00Z", "2028-02-29T23:59:59Z",
        "2026-12-30T23:59:59Z", "2026-12-31T03:00:00Z", "2026-12-31T10:30:00Z", "2026-01-16T10:00:00Z",
        "2026-01-16T23:30:00Z", "2026-01-17T10:00:00Z", "2026-01-18T14:30:00Z", "2026-01-19T00:00:00Z",
        "2026-06-30T22:30:00Z",
    ]
    private static let spans = ["0h", "1h", "4h", "23h", "24h", "36h", "48h", "90m", "1d", "2d", "7d", "30d", "90d"]

    @Test(arguments: zones, [false, true])
    func isTheDatabases(zone: String, isBusiness: Bool) async throws {
        try await TestDatabase.with { database in
            for start in Self.starts {
                for span in Self.spans {
                    var sla = SLASettings()
                    sla.due[.high] = try Span(span)
                    sla.timeZone = zone
                    sla.calendar = isBusiness ? .business : .calendar
                    let date = try #require(JiraTimestamp.iso8601(start))
                    let theirs = try #require(
                        try await database.pool.execute(FindDueDate(start: date, severity: .high, sla)).first)
                    let ours = RenderedDueDate(start: date, severity: .high, sla)
                    #expect(ours.warning == nil)
                    #expect(ours.day == theirs.day, "\(span) from \(start) in \(zone)")
                }
            }
        }
    }

    @Test func renderTellsTheDayOfTheZoneAndWarnsOfOneThatItDoesNotKnow() async throws {
        let scratch = try Scratch()
        let payload = """
            {"controlId": "A", "controlTitle": "t", "severity": "high", "failureReason": "r"}
            """
        func render(_ zone: String) async throws -> BuiltProgram.Outcome {
            let settings = "tickets: {project: COMP}\nsla: {due: {high: 1d}, time_zone: \(zone)}\n"
            let path = try scratch.file("config.yaml", settings)
            return try await BuiltProgram.run(
                ["render", "--format", "text", "--config", path, "-"], input: payload)
        }
        // Twenty-five hours apart: never on the same day.
        let (east, west) = try await (render("Pacific/Kiritimati"), render("Pacific/Pago_Pago"))
        func day(_ outcome: BuiltProgram.Outcome) -> Substring? {
            outcome.output.split(separator: "\n").first { $0.hasPrefix("Due date:") }
        }
        #expect(day(east) != nil && day(east) != day(west))
        #expect(!east.error.contains("time_zone"))
        let unknown = try await render("Mars/Olympus")
        #expect(unknown.status == 0)
        #expect(unknown.error.contains("sla.time_zone: Mars/Olympus is not known here"))
    }
}
