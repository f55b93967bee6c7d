/// The section `sla` of the settings: until when a failure must be remedied, and when to warn.
package struct SLASettings: Sendable, Hashable {
    /// How the days of `due` are counted.
    package enum Counting: String, Sendable, Hashable, Codable {
        /// Every day.
        case calendar
        /// Monday to Friday.
        case business
    }

    package var due: [Severity: Span] = [.critical: .days(1), .high: .days(7), .medium: .days(30), .low: .days(90)]
    package var calendar = Counting.calendar
    /// An IANA name, as PostgreSQL knows it: where a day begins and ends.
    package var timeZone = "UTC"
    package var alerts: [AlertThreshold] = [.share(percent: 75), .before(.hours(24)), .breach]

    package init() {
    }

    /// Nil if failures of this severity have no due date: nothing is to be met and no one warned.
    package func due(for severity: Severity) -> Span? {
        due[severity]
    }
}

extension SLASettings: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case due, calendar
        case timeZone = "time_zone"
        case alerts
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try container.take(.due, &due)
        try container.take(.calendar, &calendar)
        try container.take(.timeZone, &timeZone)
        try container.take(.alerts, &alerts)
    }
}
