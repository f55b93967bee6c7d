import Compliance

/// The sections `tickets` and `sla`: what a ticket looks like and until when it must be done. `JIRA_DEFAULT_PROJECT_KEY`
/// wins over the file's `tickets.project`.
struct TicketsSection: Sendable {
    var tickets: TicketSettings
    var sla: SLASettings
    /// What templates say that no failure fills, as far as that is known without one.
    let templateWarnings: [String]

    /// - Parameter appURL: for what templates link to.
    init(_ reader: inout SettingsReader, appURL: String) {
        let project = reader.optional("tickets.project", variable: "JIRA_DEFAULT_PROJECT_KEY", .projectKey)
        tickets = Self.ticketSection.read(&reader, default: TicketSettings())
        tickets.project = project
        sla = Self.slaSection.read(&reader, default: SLASettings())
        if let limit = tickets.perHour, limit < 1 {
            reader.report("tickets.per_hour", "\(limit) is out of range", remedy: "use 1 or more, or leave it out")
        }
        if sla.timeZoneHere == nil {
            reader.warn(
                "sla.time_zone: \(sla.timeZone.quoted) is no time zone that is known here, such as Europe/Berlin; if PostgreSQL"
                    + " does not know it either, jobs wait")
        }
        for setting in tickets.idle { reader.warn(setting.description) }
        templateWarnings = TicketPlanner(tickets, appURL: appURL).warnings().map(\.description)
    }

    private static let ticketSection = MergeableSection<TicketSettings>(
        name: "tickets", keys: TicketSettings.knownKeys, readElsewhere: ["project"])
    private static let slaSection = MergeableSection<SLASettings>(name: "sla", keys: SLASettings.knownKeys)
}

extension SettingFormat where Value == String {
    /// Letters, digits and underscores, as Jira's default pattern has them; Data Center may be set to others, so no more
    /// than what would break a search is refused.
    fileprivate static var projectKey: SettingFormat {
        matching("a project key", remedy: "use the key that issue keys begin with, such as COMP") {
            $0.first?.isLetter == true && $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        }
    }
}
