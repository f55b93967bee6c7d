package import HTTP

/// Why Jira did not do as asked.
package struct JiraError: Error, Sendable {
    package enum Kind: Sendable {
        /// Wrong, expired or revoked; of the wrong sort; without the needed scope.
        case credentialsRefused
        /// The request was taken as nobody's, since the credential was rejected without a word. Emptiness in such an answer means nothing.
        case anonymous
        /// After several failed logins Jira wants to see a human; every further try keeps the lock.
        case captcha
        /// The account lacks a permission.
        case forbidden
        /// Not there, or not visible to the account.
        case notFound
        /// What was sent cannot be taken: Jira's words by field id; what is not about one field is in `messages`.
        case invalid(fields: [String: String])
        case rateLimited
        /// This Jira has no such endpoint (any more).
        case removedEndpoint
        case conflict
        /// A limit of that issue is reached, such as that of its comments.
        case tooLarge
        case unavailable(status: Int)
        /// The server sends callers elsewhere, to that origin: not followed, since the credential would go along.
        case redirected(to: String)
        /// There was no answer.
        case transport(HTTPError)
        /// An answer that is not Jira's: a login page, a proxy's error, half a JSON.
        case unreadableAnswer
    }

    /// What became of a request with an effect. For one without, always `.notDone`.
    package enum Outcome: String, Sendable, Hashable {
        /// Surely no effect: it can be sent again.
        case notDone
        /// It may have happened: look before sending it again.
        case unknown
    }

    package var kind: Kind
    package var status: Int?
    /// Jira's words, without anything secret; field errors are among them as `field: text`.
    package var messages: [String]
    /// The endpoint's name, such as `create_issue`.
    package var operation: String
    /// How long Jira asks to wait; at least a second. nil: it does not say.
    package var retryAfter: Duration?
    /// Cloud's `RateLimit-Reason`.
    package var rateLimitReason: String?
    package var outcome: Outcome
    /// A sentence for the operator: what to do next.
    package var remedy: String
    /// The start of the body as it came, without secrets, for the record of a job. nil if empty.
    package var rawBody: String?
    /// Whether Jira said in this answer whom it took us for.
    package var isAuthenticated: Bool

    package init(
        kind: Kind, status: Int? = nil, messages: [String] = [], operation: String, retryAfter: Duration? = nil,
        rateLimitReason: String? = nil, outcome: Outcome, remedy: String = "", rawBody: String? = nil,
        isAuthenticated: Bool = false
    ) {
        self.kind = kind
        self.status = status
        self.messages = messages
        self.operation = operation
        self.retryAfter = retryAfter
        self.rateLimitReason = rateLimitReason
        self.outcome = outcome
        self.remedy = remedy
        self.rawBody = rawBody
        self.isAuthenticated = isAuthenticated
    }
}

extension JiraError {
    /// No request with these credentials will do better until a person has acted: stop at once, do not hammer.
    package var blocksConnection: Bool {
        switch kind {
        case .credentialsRefused, .anonymous, .captcha: true
        default: false
        }
    }

    /// May pass by itself.
    package var isTransient: Bool {
        switch kind {
        case .rateLimited, .unavailable, .conflict: true
        case .unreadableAnswer: (status ?? 0) >= 500
        case .transport(let error):
            switch error.kind {
            case .invalidURL, .invalidRequest, .refusedAddress, .responseTooLarge: false
            // The proxy limits, or is unavailable at present; of all else a person has to see to it.
            case .proxyRefused(let status): status == 429 || status >= 500
            default: true
            }
        default: false
        }
    }

    /// What is to wait when Jira says "too many".
    package enum Throttled: Sendable, Hashable {
        /// Writes to that issue.
        case issue
        /// This endpoint.
        case endpoint
        /// Every request of the connection.
        case connection
    }

    /// By `RateLimit-Reason`; one that is not known is taken as a quota.
    package var throttled: Throttled? {
        guard case .rateLimited = kind else { return nil }
        return switch rateLimitReason {
        case "jira-per-issue-on-write": .issue
        case "jira-burst-based": .endpoint
        default: .connection
        }
    }

    package var fieldErrors: [String: String] {
        if case .invalid(let fields) = kind { fields } else { [:] }
    }
}

extension JiraError: CustomStringConvertible {
    /// One line: operation, what went wrong, Jira's words, what to do.
    package var description: String {
        var text = "\(operation): \(words)"
        if let last = text.last, last != "." { text += "." }
        return remedy.isEmpty ? text : "\(text) \(remedy)"
    }

    /// What went wrong, and Jira's words.
    package var words: String {
        var text = summary
        if let status { text += " (HTTP \(status))" }
        if !messages.isEmpty { text += ": " + messages.joined(separator: "; ") }
        return text
    }

    var summary: String {
        switch kind {
        case .credentialsRefused: "Jira refused the credentials"
        case .anonymous: "Jira rejected the credentials silently and answered as to an anonymous visitor"
        case .captcha: "Jira wants this account to pass a CAPTCHA"
        case .forbidden: "the account lacks a permission"
        case .notFound: "not found, or not visible to the account"
        case .invalid: "Jira cannot take what was sent"
        case .rateLimited: "Jira asks for fewer requests"
        case .removedEndpoint: "this Jira has no such endpoint"
        case .conflict: "somebody else was changing the same thing"
        case .tooLarge: "a limit of the issue is reached"
        case .unavailable: "Jira is not available"
        case .redirected(let origin): "the server redirects to \(origin)"
        case .transport(let error): "no answer from Jira (\(error.message))"
        case .unreadableAnswer: "the answer is not one of Jira's"
        }
    }
}
