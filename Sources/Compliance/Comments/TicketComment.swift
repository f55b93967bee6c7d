import FoundationEssentials
import Jira

/// A comment that stands on a ticket exactly once, with the mark by which it is found again.
struct TicketComment: Sendable {
    enum Purpose: String, Sendable {
        /// One for each pass that is told.
        case passed
        /// At most one for each ticket.
        case failedAgain = "failed_again"
        /// One for each severity.
        case escalated
        /// One for each day, or for each failure.
        case repeated
    }

    let purpose: Purpose
    /// What the ticket has one comment of this purpose for; nil for any number.
    let occasion: String?
    let mark: String
    let document: Document

    /// - Parameter mark: letters and digits only, so that it survives every kind of markup.
    init(_ purpose: Purpose, occasion: String? = nil, mark: String, _ content: [Document.Block]) {
        self.purpose = purpose
        self.occasion = occasion
        self.mark = mark
        document = Document(
            content + [
                .paragraph([
                    .text("Added by Kushim Compliance Platform; reference ", .emphasis), .text(mark, .emphasis),
                ])
            ])
    }

    func body(for deployment: JiraConnection.Deployment) -> JSONValue {
        switch deployment {
        case .cloud: document.adf()
        case .dataCenter: .string(document.wikiMarkup())
        }
    }

    /// How every mark of a ticket's comments begins.
    static func markRoot(_ fingerprint: Fingerprint) -> String { "kushim\(fingerprint.hex.prefix(12))" }
}

extension JiraComment {
    /// Whether the mark stands in it, and not only as the beginning of one with a longer number.
    func carries(_ mark: String) -> Bool {
        let text = text
        return text.ranges(of: mark).contains { range in
            text[range.upperBound...].utf8.first.map { !(48...57).contains($0) } ?? true
        }
    }

    /// Whether it is another of our comments: it carries a mark, and not this one.
    func isAnothers(than mark: String) -> Bool {
        !carries(mark)
            && text.split { !$0.isLetter && !$0.isNumber }.contains { word in
                word.hasPrefix("kushim") && word.utf8.count > 18 && word.dropFirst(6).prefix(12).allSatisfy(\.isHexDigit)
            }
    }
}

/// How far a comment is on its way.
struct CommentProgress: Sendable {
    var sends: Int
    /// It was sent and nobody knows what became of it.
    var isInDoubt: Bool
    var sinceSent: Duration?

    static let none = CommentProgress(sends: 0, isInDoubt: false)
}
