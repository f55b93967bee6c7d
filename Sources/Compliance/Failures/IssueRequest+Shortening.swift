import Jira

extension IssueRequest {
    /// Cuts the description to the length that Jira says it takes at most, which administrators of Data Center can set lower
    /// than the usual one (`jira.text.field.character.limit`). False if that is not why it was refused, or does not help.
    ///
    /// Of the words only the number counts: they come in any language.
    mutating func shortenDescription(
        of draft: TicketDraft, because error: JiraError, for deployment: JiraConnection.Deployment
    ) -> Bool {
        guard let words = error.fieldErrors["description"], let sent = fields["description"], !isForServiceDesk,
            let limit = Self.numbers(in: words).max(), limit < Self.length(of: sent)
        else { return false }
        let shorter = draft.descriptionField(for: deployment, limit: limit)
        guard Self.length(of: shorter) <= limit else { return false }
        fields["description"] = shorter
        return true
    }

    /// In UTF-16 units, of ADF serialized.
    private static func length(of value: JSONValue) -> Int { (value.stringValue ?? value.description).utf16.count }

    /// `32,767`, `32.767`, `32 767` and `32767` are one.
    private static func numbers(in words: String) -> [Int] {
        let characters = Array(words)
        var digits = ""
        for (index, character) in characters.enumerated() {
            if character.isASCII, character.isNumber {
                digits.append(character)
            } else if !(",.'’ \u{A0}\u{202F}".contains(character) && digits.last?.isNumber == true
                && index + 1 < characters.count && characters[index + 1].isNumber)
            {
                digits.append(" ")
            }
        }
        return digits.split(separator: " ").compactMap { Int($0) }
    }
}
