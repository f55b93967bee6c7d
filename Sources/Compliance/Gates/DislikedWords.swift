import HTTP
import Jira

/// What stands before Jira refuses a question again and again, while it lets the same through with other words: that is the trouble
/// of the one failure whose words they are.
struct DislikedWords: Error, Sendable, CustomStringConvertible {
    let refusal: JiraError

    static let remedy = "Let what stands between kushim-jira and Jira, such as a firewall, pass them."

    /// For the failure that waits alone.
    var obstacle: RequestPreparation.Obstacle {
        RequestPreparation.Obstacle(
            problem: "\(refusal.sentence) The same question with other words is answered: perhaps something before Jira"
                + " dislikes the words of this one.",
            remedy: Self.remedy, isOfOneFailure: true)
    }

    var description: String { "\(obstacle.sentence) \(obstacle.remedy)" }
}

extension GuardedJira {
    /// Questions in which words of one failure stand, or which are about the ticket of one. A refusal that is not in Jira's words
    /// shuts the site's gate only if the harmless question is refused too. If it is not, the refusal becomes `DislikedWords`, once it
    /// came a second time.
    ///
    /// - Parameter harmless: the same sort of question without those words. Nothing is made of its answer.
    func guarded<Response: Sendable>(
        _ admission: Admission, harmless: () async throws(JiraError) -> Void,
        _ requests: () async throws(JiraError) -> Response
    ) async throws -> Response {
        do {
            return try await guarded(admission, sparesSite: true, requests)
        } catch let error as JiraError where error.mayBeForItsWords {}
        do {
            try await guarded(admission, harmless)
        } catch let error as JiraError where !error.wasGivenUp {
            // In Jira's own words: it came through.
        }
        do {
            return try await guarded(admission, sparesSite: true, requests)
        } catch let error as JiraError where error.mayBeForItsWords {
            throw DislikedWords(refusal: error)
        }
    }

    /// - Parameter harmless: of the same sort; see `guarded`.
    func send<E: Endpoint>(_ endpoint: E, harmless: E, _ admission: Admission) async throws -> E.Response {
        try await guarded(
            admission, harmless: { () async throws(JiraError) in _ = try await client.send(harmless) },
            { () async throws(JiraError) in try await client.send(endpoint) })
    }
}

extension GetIssue {
    /// The same of no issue.
    var harmless: GetIssue {
        var question = self
        question.idOrKey = Self.nobodysID
        return question
    }

    /// Jira counts from 10000.
    static let nobodysID = "0"
}

extension JiraError {
    /// It reached something that neither speaks as Jira does, nor asks for a pause, nor refuses the credentials. A silence is no such
    /// refusal: a Jira that is slow must not be asked three times as much.
    var mayBeForItsWords: Bool {
        switch kind {
        case .unreadableAnswer, .redirected: true
        case .unavailable: retryAfter == nil
        case .transport(let error):
            error.requestMayHaveReachedServer && !wasGivenUp && error.kind != .leaveWithdrawn && error.kind != .timedOut
        default: false
        }
    }
}
