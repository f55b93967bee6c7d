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
        if Self.isOffset(timeZone) {
            throw DecodingError.dataCorruptedError(
                forKey: .timeZone, in: container,
                debugDescription: "\"\(timeZone.prefix(40))\" would be taken for a zone"
                    + " \(timeZone.contains("+") ? "west" : "east") of Greenwich; use a name such as Europe/Berlin, or"
                    + " Etc/GMT-2 for two hours east")
        }
        try container.take(.alerts, &alerts)
    }

    /// `UTC+2`, `+02:00`: POSIX, and so PostgreSQL, counts them westward, people eastward.
    /// Source: https://www.postgresql.org/docs/current/datetime-posix-timezone-specs.html
    private static func isOffset(_ zone: String) -> Bool {
        let name = zone.uppercased()
        guard name != "GMT+0", name != "GMT-0" else { return false }
        let offset = ["UTC", "GMT"].first(where: name.hasPrefix).map { name.dropFirst($0.count) } ?? name[...]
        return "+-".contains(offset.first ?? "x") && offset.dropFirst().first?.isNumber == true
    }
}
