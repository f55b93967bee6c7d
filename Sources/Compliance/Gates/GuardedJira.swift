import HTTP
import Jira
import Jobs

/// A customer's Jira behind its gates, for the time of one run of one job.
struct GuardedJira: Sendable {
    private(set) var client: JiraClient
    let gates: Gates
    let job: ClaimedJob

    /// What changes something in Jira is sent only as long as the job is surely this worker's: asked at the socket, so that a
    /// worker which was suspended on the way there sends nothing when it wakes up.
    init(_ client: JiraClient, gates: Gates, job: ClaimedJob, _ context: JobContext) {
        self.client = client
        self.client.maySend = context.stillHolds
        self.gates = gates
        self.job = job
    }

    var connection: JiraConnection { client.connection }
    private var site: GateScope { .site(connection) }

    /// For questions whose answer decides whether something is made a second time.
    var demandingNamedCaller: GuardedJira {
        var jira = self
        jira.client.demandsNamedCaller = true
        return jira
    }

    /// For a request that the ledger is about to call sent. From then on the settling time runs, and no heartbeat puts it off: a
    /// worker that is kept from sending for longer, however alive, has to look first like any other.
    func leave(for time: Duration) -> GuardedJira {
        let end = ContinuousClock.now + time
        var jira = self
        jira.client.maySend = { [holds = client.maySend] in holds() && ContinuousClock.now < end }
        return jira
    }

    /// For a request that is several jobs': sent only if each of them may send.
    func leave(ofAll jobs: [GuardedJira]) -> GuardedJira {
        var jira = self
        jira.client.maySend = { jobs.allSatisfy { $0.client.maySend() } }
        return jira
    }

    /// Runs the body with leave to send requests; with a target, to create issues in it. Throws `NotNow` where a gate is shut.
    ///
    /// - Parameter asProbe: whether it may be the one who finds out if the target's gate can be opened.
    func admitted<Result>(
        to target: GateScope? = nil, asProbe: Bool = true, _ body: (Admission) async throws -> Result
    ) async throws -> Result {
        if let target, !asProbe { try await gates.waitForAnother(target) }
        let admission = try await gates.admit([site] + (target.map { [$0] } ?? []))
        do {
            let result = try await body(admission)
            await gates.release(admission)
            return result
        } catch {
            await gates.release(admission)
            throw error
        }
    }

    /// The answer. What is the site's trouble, and no fault of the request, shuts its gate and becomes `NotNow`, provided that
    /// the request surely had no effect; every other `JiraError` is the caller's to judge.
    func send<E: Endpoint>(_ endpoint: E, _ admission: Admission) async throws -> E.Response {
        try await guarded(admission, haveEffect: E.hasEffect) { () async throws(JiraError) in
            try await client.send(endpoint)
        }
    }

    /// Several requests that only read, or one.
    ///
    /// - Parameter sparesSite: whether a refusal that may be for the words of the request is thrown as it came.
    func guarded<Response: Sendable>(
        _ admission: Admission, sparesSite: Bool = false, haveEffect: Bool = false,
        _ requests: () async throws(JiraError) -> Response
    ) async throws -> Response {
        if let notNow = await gates.shutMeanwhile(site, admission) { throw notNow }
        var failure: JiraError
        do throws(JiraError) {
            let response = try await requests()
            await gates.answered(site, admission, jobID: job.id)
            return response
        } catch {
            failure = error
        }
        if failure.wasLeaveWithdrawn { throw LeaseLost() }
        if case .credentialsRefused = failure.kind, await takesCredentials() {
            failure = failure.asDislike(ofEffect: haveEffect)
        }
        if failure.wasGivenUp || sparesSite && failure.mayBeForItsWords { throw failure }
        guard let trouble = SiteTrouble(failure) else {
            if failure.outcome == .notDone { await gates.answered(site, admission, jobID: job.id) }
            throw failure
        }
        if failure.outcome == .notDone {
            throw try await shut(trouble, failure, admission)
        }
        // What asks for a pause, or refuses the credentials, is heeded whoever said it; the doubt is the caller's.
        if failure.asksForPause {
            _ = try await shut(trouble, failure, admission)
        } else if await gates.doubted(site) {
            // Perhaps only the words are disliked: a question without any shuts the gate if the site is in trouble.
            _ = try? await guarded(admission) { () async throws(JiraError) in _ = try await client.send(Myself()) }
        }
        throw failure
    }

    /// Whether Jira takes the credentials for a question without any words. Then what refuses them for others is not Jira.
    private func takesCredentials() async -> Bool { (try? await client.send(Myself())) != nil }

    /// Shuts the gate of a target that refuses for a reason that every issue there shares.
    ///
    /// - Parameter isTransient: it may pass by itself.
    func shut(
        _ target: GateScope, because obstacle: RequestPreparation.Obstacle, isTransient: Bool = false,
        _ admission: Admission
    ) async throws -> NotNow {
        try await gates.shut(
            target, isTransient ? .unavailable : .configuration, reason: obstacle.sentence, remedy: obstacle.remedy,
            admission,
            customerID: job.customerID, jobID: job.id)
    }

    /// The target took an issue.
    func succeeded(at target: GateScope, _ admission: Admission) async {
        await gates.took(target)
        await gates.answered(target, admission, jobID: job.id)
    }

    private func shut(_ trouble: SiteTrouble, _ error: JiraError, _ admission: Admission) async throws -> NotNow {
        try await gates.shut(
            site, trouble.cause, reason: error.sentence, remedy: error.remedy, wait: trouble.wait, admission,
            customerID: job.customerID, jobID: job.id)
    }
}

/// What is wrong with a Jira as a whole, so that other requests would fare no better.
struct SiteTrouble {
    var cause: GateCause
    /// As long as Jira asks for; nil if it does not.
    var wait: Duration?

    init?(_ error: JiraError) {
        switch error.kind {
        case .credentialsRefused, .anonymous, .captcha:
            self.init(cause: .credentials, wait: nil)
        case .rateLimited where error.throttled == .issue:
            return nil
        case .rateLimited:
            self.init(cause: .rateLimited, wait: error.retryAfter)
        case .removedEndpoint, .redirected:
            self.init(cause: .configuration, wait: nil)
        case .unavailable, .transport, .unreadableAnswer:
            self.init(cause: error.isTransient ? .unavailable : .configuration, wait: error.retryAfter)
        case .forbidden, .notFound, .invalid, .conflict, .tooLarge:
            return nil
        }
    }

    private init(cause: GateCause, wait: Duration?) {
        self.cause = cause
        self.wait = wait
    }
}

extension JiraError {
    /// Every further request would be refused too, or would make it worse.
    fileprivate var asksForPause: Bool {
        if case .rateLimited = kind { true } else { blocksConnection }
    }

    /// Credentials that are refused for this request, and taken for another at the same time.
    fileprivate func asDislike(ofEffect hasEffect: Bool) -> JiraError {
        var error = self
        error.kind = .unreadableAnswer
        error.messages.append("The same credentials are taken for another request, so something before Jira answered.")
        error.remedy = DislikedWords.remedy
        error.outcome = hasEffect ? .unknown : .notDone
        return error
    }

    /// The lease ran out before the request was sent. Half of it may have been: whoever holds the job next looks.
    fileprivate var wasLeaveWithdrawn: Bool {
        if case .transport(let error) = kind { error.kind == .leaveWithdrawn } else { false }
    }

    /// By us, which says nothing about the site.
    var wasGivenUp: Bool {
        guard case .transport(let error) = kind else { return false }
        return error.kind == .cancelled || error.kind == .shutDown
    }

    /// What went wrong, with a full stop, short enough for a reason.
    var sentence: String {
        let text = "\(operation): \(words)"
        let short = text.utf16.count <= 1_000 ? text : text.prefix(utf16Units: 999) + "…"
        return short.last == "." ? short : short + "."
    }
}
