import Jira

/// By what a ticket is found again, and told from every other issue.
///
/// An issue is born with a label, by which search finds it, and a property that holds the whole fingerprint. A request of a
/// service desk can have neither: its mark is a word in the description.
struct TicketMark: Sendable, Hashable {
    let fingerprint: Fingerprint
    /// Whether it may have been made as a request.
    let mayStandInText: Bool

    /// Whether the issue, which was read with its properties and, where that matters, its description, is this ticket.
    func isCarried(by issue: JiraIssue) -> Bool {
        // Who has a property is what it says, whatever the words are, which are the failure's.
        if let hex = Fingerprint.hex(in: issue.properties) { return hex == fingerprint.hex }
        return mayStandInText && stands(inDescriptionOf: issue)
    }

    /// The mark that the issue carries, this one or another's; nil if it carries none. Of another's label the first 20 digits.
    func found(on issue: JiraIssue) -> Fingerprint? {
        if let hex = Fingerprint.hex(in: issue.properties) { return Fingerprint(hex: hex) }
        if issue.labels.contains(fingerprint.label) { return fingerprint }
        if let label = issue.labels.first(where: Fingerprint.isMark) { return Fingerprint(hex: label) }
        guard mayStandInText else { return nil }
        return Fingerprint.hex(referredToIn: issue.descriptionWords).map { Fingerprint(hex: $0) }
    }

    /// The same as far as a search tells, which knows no properties.
    func isShown(by issue: JiraIssue) -> Bool {
        if issue.labels.contains(fingerprint.label) { return true }
        return mayStandInText && !issue.labels.contains(where: Fingerprint.isMark) && stands(inDescriptionOf: issue)
    }

    private func stands(inDescriptionOf issue: JiraIssue) -> Bool {
        Fingerprint.hex(referredToIn: issue.descriptionWords) == fingerprint.hex
    }
}

extension Collection where Element == TicketMark {
    /// The restriction of a search for any of them, wherever their issues are by now and in whatever status.
    var jql: String {
        let texts = filter(\.mayStandInText).map { "description ~ \(JQL.quote($0.fingerprint.reference))" }
        return (["labels in \(JQL.list(map(\.fingerprint.label)))"] + texts).joined(separator: " OR ")
    }

    /// What must be read of an issue to tell whether it carries one of them.
    var fieldsToRead: [String] { contains(where: \.mayStandInText) ? ["labels", "description"] : ["labels"] }
}

extension JiraIssue {
    /// Empty where the description was not asked for.
    var descriptionWords: String { fields["description"]?.richTextWords ?? "" }
}
