extension SimulatedJira {
    /// Something that goes wrong on purpose: what, for which requests, how often.
    ///
    /// As text: an effect, then settings, separated by commas.
    ///
    ///     close-after-commit,operation=createIssue,probability=0.05,seed=7
    ///     status=503,operation=search,count=5,retry-after=2s
    ///     status=502,committed=yes,body=html,nth=3
    ///     delay-before=1s..40s,operation=createIssue,probability=0.02
    ///     status=429,reason=jira-burst-based,retry-after=1s,count=20
    package struct Fault: Sendable, Hashable {
        package enum Effect: Sendable, Hashable {
            /// The connection is closed before anything is done.
            case closeBeforeCommit
            /// The request is carried out; then the connection is closed without an answer.
            case closeAfterCommit
            /// As the two above, with a TCP reset instead of an orderly close.
            case resetBeforeCommit
            case resetAfterCommit
            /// Carried out; half of the answer's body is sent, then the connection is closed.
            case truncateAfterCommit
            /// Carried out; the answer's body is no JSON.
            case malformedAfterCommit
            /// Never answered; nothing done.
            case hangBeforeCommit
            /// Carried out, never answered.
            case hangAfterCommit
            /// Waits, then carries on: also when the client has long gone.
            case delayBeforeCommit(DelayRange)
            /// Carries out, waits, answers.
            case delayAfterCommit(DelayRange)
            /// Treats the request as one without credentials.
            case anonymous
            /// An answer of its own.
            case answer(Answer)
        }

        package enum Body: String, Sendable, CaseIterable {
            /// `{"errorMessages":[...],"errors":{}}`.
            case jira
            /// `{"errorMessages":[],"errors":{"priority":"..."}}`.
            case field
            /// `{"message":"..."}`.
            case message
            /// A proxy's error page.
            case html
            case text
            case empty
            case malformed
            /// `{"timestamp":...,"status":403,"error":"...","path":"/ex/jira/..."}`, as a gateway has it.
            case gateway
            /// `{"code":403,"message":"..."}`.
            case code
            /// A proxy's error page, of which half arrives before the connection ends.
            case cut
            /// What the first request of its kind was answered with: a cached answer that is another's.
            case earlier
            /// Two requests of a kind each get the other's answer; the first waits for the second.
            case swapped
        }

        package struct Answer: Sendable, Hashable {
            package var status: Int
            /// Whether the request is carried out before this answer hides it.
            package var committed = false
            package var retryAfter: Duration?
            /// `RateLimit-Reason`.
            package var reason: String?
            package var headers: [String: String] = [:]
            package var body = Body.jira

            package init(_ status: Int) { self.status = status }
        }

        package var effect: Effect
        /// Nil: every operation of Jira.
        package var operation: Operation?
        package var method: String?
        /// Only requests with this text in their body, path or query.
        package var contains: String?
        /// Only the nth matching request, counted from 1.
        package var nth: Int?
        /// Only every nth matching request.
        package var every: Int?
        /// Chance for each matching request, 0 to 1.
        package var probability: Double?
        /// At most so many times.
        package var count: Int?
        /// From its addition on.
        package var lasting: Duration?
        /// Seed of `probability` and of drawn delays; without one the simulator's own.
        package var seed: UInt64?

        package init(_ effect: Effect, operation: Operation? = nil) {
            self.effect = effect
            self.operation = operation
        }
    }
}

extension SimulatedJira.Fault.Effect {
    /// What counters and logs call it.
    package var name: String {
        switch self {
        case .closeBeforeCommit: "close-before-commit"
        case .closeAfterCommit: "close-after-commit"
        case .resetBeforeCommit: "reset-before-commit"
        case .resetAfterCommit: "reset-after-commit"
        case .truncateAfterCommit: "truncate-after-commit"
        case .malformedAfterCommit: "malformed-after-commit"
        case .hangBeforeCommit: "hang-before-commit"
        case .hangAfterCommit: "hang-after-commit"
        case .delayBeforeCommit: "delay-before"
        case .delayAfterCommit: "delay-after"
        case .anonymous: "anonymous"
        case .answer(let answer): "status-\(answer.status)\(answer.committed ? "-committed" : "")"
        }
    }

    var isDelay: Bool {
        switch self {
        case .delayBeforeCommit, .delayAfterCommit: true
        default: false
        }
    }
}
