package import HTTP
package import Logging
package import Metrics

/// Speaks to one Jira. It sends each request once: whether and when to try again is its caller's to decide, by what the
/// error says. Keep one per connection: it remembers for a minute who Jira takes us for.
package struct JiraClient: Sendable {
    package let connection: JiraConnection

    /// Whether an answer whose emptiness means something must itself say whom it was given to, as every answer of Cloud does.
    /// Without, it is enough that `/myself` said so a moment ago; set it where a wrong conclusion cannot be undone.
    package var demandsNamedCaller = false

    /// Asked right before the first byte of a request with an effect goes out, on a thread that must not wait: such a
    /// request is not sent once it says no, and fails with `HTTPError.Kind.leaveWithdrawn`.
    package var maySend: @Sendable () -> Bool = { true }

    let exchange: Exchange
    private let identity: IdentityProof

    /// - Parameters:
    ///   - metrics: nil for the process's own.
    ///   - now: the time, for tests to move.
    package init(
        connection: JiraConnection, http: HTTPClient, logger: Logger, metrics: (any MetricsFactory)? = nil,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.connection = connection
        exchange = Exchange(connection: connection, http: http, logger: logger, metrics: metrics)
        identity = IdentityProof(now: now)
    }

    /// The answer. Where its emptiness would mean something, it is surely the answer to *us*: either Jira named the
    /// account in its headers, or `/myself` did within the last minute.
    package func send<E: Endpoint>(_ endpoint: E) async throws(JiraError) -> E.Response {
        let result: (response: E.Response, isAuthenticated: Bool)
        do {
            result = try await exchange.send(endpoint, while: maySend)
        } catch {
            if error.blocksConnection {
                identity.forget()
            } else if E.absenceIsConclusive, case .notFound = error.kind {
                try await proveIdentity(E.self, isAuthenticated: error.isAuthenticated)
            }
            throw error
        }
        if E.absenceIsConclusive {
            try await proveIdentity(E.self, isAuthenticated: result.isAuthenticated)
        }
        return result.response
    }

    private func proveIdentity<E: Endpoint>(_ endpoint: E.Type, isAuthenticated: Bool) async throws(JiraError) {
        if isAuthenticated {
            identity.noteNaming(E.operation)
        } else if identity.isNaming(E.operation) || demandsNamedCaller && connection.deployment == .cloud {
            identity.forget()
            throw try await unnamed(endpoint)
        }
        if !isAuthenticated, !identity.isFresh {
            identity.forget()
            _ = try await exchange.send(Myself())
        } else if !isAuthenticated {
            return
        }
        identity.remember()
    }

    /// Why an answer does not name us: the credentials were rejected without a word, or something between takes the name away.
    private func unnamed<E: Endpoint>(_ endpoint: E.Type) async throws(JiraError) -> JiraError {
        let context = exchange.context(of: endpoint)
        guard connection.deployment == .cloud else { return context.answeredToNobody() }
        let isNamed = try await exchange.send(Myself()).isAuthenticated
        return isNamed ? context.answeredToNobody() : context.namesTakenAway()
    }

    func unreadable<E: Endpoint>(_ endpoint: E.Type, missing: String) -> JiraError {
        exchange.context(of: endpoint).unreadable(missing: missing, status: 200)
    }
}
