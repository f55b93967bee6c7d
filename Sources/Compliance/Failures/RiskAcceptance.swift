import FoundationEssentials

/// A ticket that was closed with a resolution by which the customer accepts the risk: until a time, no new ones.
struct RiskAcceptance: Sendable, Hashable {
    /// As Jira calls it.
    var resolution: String
    var until: Date

    /// Nil if the resolution is not one of the settings', or if the failure was detected when the time was over.
    init?(_ closed: ClosedTicket, resolution: String?, _ settings: TicketSettings) {
        guard let resolution, let closedAt = closed.resolvedAt,
            settings.acceptedResolutions.contains(where: { $0.lowercased() == resolution.lowercased() })
        else { return nil }
        let until = closedAt.addingTimeInterval(Double(settings.quietFor.seconds))
        guard closed.failedAt < until else { return nil }
        self.resolution = resolution
        self.until = until
    }
}
