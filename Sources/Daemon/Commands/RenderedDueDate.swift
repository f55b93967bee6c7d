import Compliance
import Foundation

/// The day on which a ticket would be due, reckoned as kushim_jira.due_at does it, where there is no database to ask.
///
/// All of Foundation is imported, which Yams links anyway: its essentials know no time zones.
struct RenderedDueDate {
    /// `2026-11-30`
    private(set) var day: String
    /// That the zone is not known here, so that UTC was taken; nil if it is.
    private(set) var warning: String?
    private static let secondsOfDay: Int64 = 86_400

    init(_ failure: ComplianceFailure, _ sla: SLASettings, now: Date) {
        // Producers may date a failure back by a week.
        let detected = max(min(failure.detectedAt ?? now, now), now.addingTimeInterval(-7 * Double(Self.secondsOfDay)))
        self.init(start: detected, severity: failure.severity, sla)
    }

    init(start: Date, severity: Severity, _ sla: SLASettings) {
        let due = sla.due(for: severity) ?? .days(90)
        let isBusiness = sla.calendar == .business
        let zone = sla.timeZoneHere ?? .gmt
        if sla.timeZoneHere == nil {
            warning =
                "sla.time_zone: \(sla.timeZone) is not known here, the due date is shown as in UTC; the daemon asks PostgreSQL"
        }
        let clock = due.clock(in: sla.timeZone, countsBusinessDays: isBusiness) == sla.timeZone ? zone : .gmt
        let dueAt = isBusiness ? Self.business(start, due, clock) : Self.calendar(start, due, clock)
        day = ShownTime.date(WallTime(dueAt, in: zone).asIfUTC)
    }

    private static func calendar(_ start: Date, _ due: Compliance.Span, _ zone: TimeZone) -> Date {
        var local = WallTime(start, in: zone)
        local.seconds += Double(due.seconds / secondsOfDay * secondsOfDay)
        return local.date(in: zone).addingTimeInterval(Double(due.seconds % secondsOfDay))
    }

    /// Saturdays and Sundays do not count.
    private static func business(_ start: Date, _ due: Compliance.Span, _ zone: TimeZone) -> Date {
        let day = Double(secondsOfDay)
        var local = WallTime(start, in: zone)
        // The clock starts on Monday.
        while local.isWeekend { local.seconds = (local.seconds / day).rounded(.down) * day + day }
        for _ in 0..<(due.seconds / secondsOfDay) {
            repeat { local.seconds += day } while local.isWeekend
        }
        local.seconds += Double(due.seconds % secondsOfDay)
        while local.isWeekend { local.seconds += day }
        return local.date(in: zone)
    }
}

/// What a clock on the wall shows, as the seconds since the wall clock's 1970.
private struct WallTime {
    var seconds: Double

    init(_ date: Date, in zone: TimeZone) {
        seconds = date.timeIntervalSince1970 + Double(zone.secondsFromGMT(for: date))
    }

    var asIfUTC: Date { Date(timeIntervalSince1970: seconds) }

    var isWeekend: Bool {
        let days = Int64((seconds / 86_400).rounded(.down))
        // The first day of 1970 was a Thursday.
        let weekday = ((days + 3) % 7 + 7) % 7
        return weekday >= 5
    }

    /// An hour that the clock leaves out is read as before the change, one that it shows twice as after it: so does PostgreSQL.
    func date(in zone: TimeZone) -> Date {
        func read(_ offset: Int) -> Date { Date(timeIntervalSince1970: seconds - Double(offset)) }
        let before = zone.secondsFromGMT(for: asIfUTC.addingTimeInterval(-86_400))
        let after = zone.secondsFromGMT(for: asIfUTC.addingTimeInterval(86_400))
        let isAfter = zone.secondsFromGMT(for: read(after)) == after
        return read(isAfter ? after : before)
    }
}
