import Jira
import Postgres

/// What an existing issue must look like to be an episode's ticket.
struct WantedTicket: Sendable {
    let mark: TicketMark
    private let controlID: String?
    /// Nil where a label could not say which control the issue is for.
    let controlLabel: String?

    /// - Parameters:
    ///   - controlID: nil where only an issue that carries the episode's fingerprint will do.
    ///   - draft: whose labels say nothing of the control, since many tickets carry them.
    init(_ fingerprint: Fingerprint, controlID: String?, draft: TicketDraft) {
        mark = TicketMark(fingerprint: fingerprint, mayStandInText: draft.isRequest)
        self.controlID = controlID
        let isLabel =
            controlID.map { id in
                !id.isEmpty && id.utf16.count <= 255 && !id.contains(where: \.isWhitespace)
                    && !draft.labels.contains { $0.lowercased() == id.lowercased() }
            } ?? false
        controlLabel = isLabel ? controlID : nil
    }

    private init(_ mark: TicketMark, controlID: String) {
        self.mark = mark
        self.controlID = controlID
        controlLabel = controlID
    }

    /// The same with the words of no failure.
    var harmless: WantedTicket { WantedTicket(mark, controlID: "control") }

    /// The value of a text search for the beginning of a summary; it finds more than that.
    var summaryPhrase: String? { controlID.flatMap(JQL.phrase) }

    /// Only an issue of our own will do.
    var isOwnOnly: Bool { controlID == nil }

    func isOwn(_ issue: JiraIssue) -> Bool { mark.isShown(by: issue) }

    var fingerprint: Fingerprint { mark.fingerprint }

    /// Whether the issue, as far as a search tells, is worth reading.
    func mayBe(_ issue: JiraIssue) -> Bool { isOwn(issue) || match(issue) != nil }

    /// - Parameters:
    ///   - issue: as it was read, with its properties.
    ///   - others: what else it may be, as far as a search tells.
    func sighting(_ issue: JiraIssue, others: ArraySlice<JiraIssue>, at connection: JiraConnection) -> Sighting? {
        let reference = IssueReference(issue, at: connection)
        if mark.isCarried(by: issue) {
            let alike = others.filter(isOwn).map(\.key)
            return Sighting(
                issue: reference, created: issue.created, foundBy: mark.foundBy(issue, .label),
                others: Array(alike.prefix(Self.mostOthers)))
        }
        guard let match = match(issue) else { return nil }
        let alike = others.filter { !isOwn($0) }.map(\.key)
        return Sighting(
            issue: reference, created: issue.created, foundBy: .existing, match: match,
            others: Array(alike.prefix(Self.mostOthers)))
    }

    private static let mostOthers = 50

    /// By what an open issue that is nobody's tells that it is for the control: its id as a label, which is what Kushim's older
    /// backend gave its tickets, or at the beginning of the summary, as the integration guide has it.
    private func match(_ issue: JiraIssue) -> Sighting.Match? {
        guard let controlID, let category = issue.statusCategory, category != .done,
            issue.properties[Fingerprint.propertyKey] == nil,
            !issue.labels.contains(where: { $0.hasPrefix(Fingerprint.labelPrefix) }),
            Fingerprint.hex(referredToIn: issue.descriptionWords) == nil
        else { return nil }
        if let controlLabel, issue.labels.contains(where: { ExactText($0) == ExactText(controlLabel) }) { return .label }
        return issue.summary?.utf8.starts(with: "[\(controlID)]".utf8) == true ? .summary : nil
    }
}
