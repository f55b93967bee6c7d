import Foundation
import HTTP
import Jira
import JiraSimulator
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

/// A database, a Jira and a worker between them, for one test.
struct Scene: Sendable {
    let database: TestDatabase
    let jira: SimulatedJira
    let http: HTTPClient
    var configuration: ComplianceConfiguration

    static let secrets = ["simulator-token", "simulator-pat", "c2ltdWxhdG9yL", "webhook-secret"]

    static func with(
        _ mode: SimulatedJira.Mode = .cloud, _ options: (inout SimulatedJira.Options) -> Void = { _ in },
        configure: (inout ComplianceConfiguration) -> Void = { _ in },
        _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        var settings = SimulatedJira.Options(mode: mode)
        options(&settings)
        let jira = try await SimulatedJira.start(settings)
        let http = HTTPClient(userAgent: "kushim-jira/test", logger: .quiet)
        var configuration = ComplianceConfiguration(actor: "worker test (0.0)")
        configuration.tickets.project = "COMP"
        configuration.connection = JiraConnection(
            deployment: mode == .cloud ? .cloud : .dataCenter, baseURL: jira.baseURL,
            browseURL: "https://jira.acme.example",
            credentials: mode == .cloud
                ? .apiToken(email: "admin@acme-corp.com", token: Secret("simulator-token"))
                : .personalAccessToken(Secret("simulator-pat")),
            allowsPlainHTTP: true, timeout: .seconds(20))
        configuration.settlingTime = .milliseconds(1_200)
        configuration.settingsFreshness = .zero
        configuration.gates.freshness = .milliseconds(20)
        configuration.gates.credentials = .milliseconds(300)
        configuration.gates.configuration = .milliseconds(200)
        configuration.gates.unavailable = .milliseconds(50)
        configuration.gates.rateLimited = .milliseconds(50)
        configuration.gates.longest = .milliseconds(500)
        configure(&configuration)
        let configured = configuration
        do {
            try await TestDatabase.with(poolSize: 12) { database in
                try await body(Scene(database: database, jira: jira, http: http, configuration: configured))
            }
        } catch {
            await jira.stop()
            await http.shutDown()
            throw error
        }
        await jira.stop()
        await http.shutDown()
    }

    /// With failures that become requests of the service desk `IT`.
    static func withServiceDesk(
        _ mode: SimulatedJira.Mode, _ options: (inout SimulatedJira.Options) -> Void = { _ in },
        configure: (inout ComplianceConfiguration) -> Void = { _ in },
        _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await with(
            mode, options,
            configure: {
                $0.tickets.project = "IT"
                $0.tickets.requestType = "report an incident"
                configure(&$0)
            }, body)
    }

    var handlers: [any JobHandler] {
        complianceHandlers(configuration, pool: database.pool, http: http, logger: .quiet)
    }

    var failureHandler: ComplianceFailureHandler {
        ComplianceFailureHandler(
            services: ComplianceServices(configuration, pool: database.pool, http: http, logger: .quiet))
    }

    /// Runs a worker while the body does; then drains it.
    func running(
        slots: Int = 16, maxAttempts: Int = 25, handlers: [any JobHandler]? = nil, _ body: () async throws -> Void
    ) async throws {
        var quick = WorkerConfiguration(name: "test", version: "0.0")
        quick.slots = slots
        quick.maxAttempts = maxAttempts
        quick.pollInterval = .milliseconds(200)
        quick.promoteInterval = .milliseconds(30)
        quick.rescueInterval = .milliseconds(200)
        quick.shutdownGrace = .seconds(10)
        quick.backoff = Backoff(base: .milliseconds(50), cap: .milliseconds(500))
        quick.effects = complianceEffects(actor: configuration.actor)
        let worker = Worker(
            pool: database.pool, postgres: database.configuration, handlers: handlers ?? self.handlers,
            configuration: quick, logger: .quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            do {
                try await body()
            } catch {
                worker.releaseAtOnce()
                throw error
            }
            worker.drain()
            try await group.waitForAll()
        }
    }

    /// Runs a worker until every failure and pass has come to its end.
    func runToTheEnd() async throws {
        try await running { try await allFinished() }
    }

    func allFinished(within limit: Duration = .seconds(120)) async throws {
        try await eventually(within: limit, "all jobs finished") {
            try await open().isEmpty
        }
    }

    private func open() async throws -> [[String?]] {
        try await database.query(
            """
            SELECT s.id, s.kind, s.state, s.last_error FROM kushim_jira.job_status s
            WHERE kind IN ('compliance_failure', 'compliance_pass') AND finished_at IS NULL ORDER BY id
            """)
    }

    @discardableResult
    func fail(_ control: String, severity: String = "high", _ change: (inout [String: JSONValue]) -> Void = { _ in })
        async throws -> Int64
    {
        var payload = Payload.failure(control, severity: severity)
        change(&payload)
        return try await database.insert("compliance_failure", payload: payload.json)
    }

    @discardableResult
    func pass(_ control: String) async throws -> Int64 {
        try await database.insert("compliance_pass", payload: Payload.pass(control).json)
    }

    /// Puts a claimed job back, as the rescue of a lost worker's jobs does.
    func rescue(_ job: ClaimedJob) async throws {
        _ = try await database.query("DELETE FROM kushim_jira.leases WHERE job_id = \(job.id)")
        _ = try await database.query(
            """
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
            SELECT id, customer_id, kind, priority FROM kushim_jira.jobs WHERE id = \(job.id)
            """)
    }

    /// How often each action stands in the audit log.
    func actions() async throws -> [String: Int] {
        let rows = try await database.query(
            "SELECT action, count(*) FROM kushim_jira.audit_log GROUP BY action ORDER BY action")
        return Dictionary(rows.map { ($0[0] ?? "", Int($0[1] ?? "") ?? 0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Every failure has exactly one ending, each episode one issue, and Jira no issue more.
    func expectExactlyOnce(issues expected: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(
            try await database.pool.execute(Invariants.FailuresWithoutOneEnding()) == [], sourceLocation: sourceLocation
        )
        #expect(try await database.pool.execute(Invariants.ForsakenEpisodes()) == [], sourceLocation: sourceLocation)
        #expect(try await database.pool.execute(Invariants.DoubledEpisodes()) == [], sourceLocation: sourceLocation)
        let keys = try await database.query(
            "SELECT issue_key FROM kushim_jira.tickets WHERE state IN ('open', 'done') ORDER BY issue_key"
        ).compactMap { $0[0] }
        #expect(Set(keys) == Set(jira.issues.map(\.key)), sourceLocation: sourceLocation)
        #expect(jira.issues.count == expected, sourceLocation: sourceLocation)
        #expect(jira.counters.violations == [], sourceLocation: sourceLocation)
        try await expectNoSecrets(sourceLocation: sourceLocation)
    }

    /// No secret stands in anything that was stored.
    func expectNoSecrets(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let tables = [
            "audit_log", "jobs", "scheduled", "finished", "attempts", "gates", "tickets", "comments", "messages",
        ]
        for table in tables {
            for secret in Self.secrets {
                let count = try await database.value(
                    "SELECT count(*) FROM kushim_jira.\(table) t WHERE t::text LIKE '%\(secret)%'")
                #expect(count == "0", "\(secret) in \(table)", sourceLocation: sourceLocation)
            }
        }
    }
}
