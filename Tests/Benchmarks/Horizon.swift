import Foundation
import TestSupport

/// Draining while another session's old snapshot keeps every dead row and index entry in place.
struct Horizon: Benchmark {
    private static let customers = 16

    func run(in bench: Bench) async throws -> BenchmarkReport {
        let jobs = max(1_600, bench.jobs(100_000, brief: 32_000) / 1_600 * 1_600)
        let rounds = bench.size(5, brief: 3)
        var held: [Drained] = []
        var free: [Drained] = []
        var reference: [Drained] = []
        for round in 1...rounds {
            bench.say("horizon: round \(round) of \(rounds)")
            held.append(try await Self.drain(jobs, isHeld: true, in: bench))
            free.append(try await Self.drain(jobs, isHeld: false, in: bench))
            reference.append(try await Self.reference(jobs, in: bench))
        }
        let plain = "plain SQL under the snapshot"
        return BenchmarkReport(
            benchmark: "horizon",
            conditions: [
                "\(jobs) jobs that do nothing, \(bench.slots) in hand; a REPEATABLE READ snapshot is taken before they are "
                    + "inserted and held until they are done; \(rounds) rounds",
                "claim: what PostgreSQL logs as the duration of its execution; reference: pgbench as in drain, keeping rows",
            ],
            figures: [
                Figure(
                    "rate, last tenth to first", "", held.map(\.lastToFirst),
                    against: .init(name: plain, values: reference.map(\.lastToFirst)), target: .value(.atLeast, 0.9)),
                Figure(
                    "drained under the snapshot", "jobs/s", held.map(\.rate),
                    against: .init(name: plain, values: reference.map(\.rate))),
                Figure(
                    "the same, to without it", "jobs/s", held.map(\.rate),
                    against: .init(name: "without it", values: free.map(\.rate))),
                Figure(
                    "claim p99, to without it", "ms", held.map { $0.claims.quantile(0.99) },
                    against: .init(name: "without it", values: free.map { $0.claims.quantile(0.99) }),
                    target: .ratio(.atMost, 2)),
                Figure(
                    "claim p50, to without it", "ms", held.map { $0.claims.quantile(0.5) },
                    against: .init(name: "without it", values: free.map { $0.claims.quantile(0.5) })),
            ])
    }

    private struct Drained {
        var rate: Double
        var lastToFirst: Double
        /// Milliseconds each.
        var claims: [Double] = []

        /// - Parameter ends: of jobs or of batches of jobs, in seconds, ascending.
        init(rate: Double, ends: [Double]) {
            self.rate = rate
            let tenth = max(1, ends.count / 10)
            let first = ends[tenth] - ends[0]
            let last = ends[ends.count - 1] - ends[ends.count - 1 - tenth]
            lastToFirst = last > 0 ? first / last : 0
        }
    }

    private static func drain(_ jobs: Int, isHeld: Bool, in bench: Bench) async throws -> Drained {
        try await bench.withQueue { queue in
            // The workers' sessions alone: what they run is logged with its duration.
            try await queue.run("ALTER DATABASE \(queue.name) SET log_min_duration_statement = 0")
            return try await withSnapshot(of: isHeld ? queue : nil, on: bench) {
                try await Backlog.fill(queue, jobs: jobs, customers: customers)
                let log = ServerLog(of: bench.server)
                let worker = try WorkerProcess.start(.init(slots: bench.slots, until: jobs), on: queue, in: bench)
                let report = try await worker.finish(within: .seconds(600))
                let ends = try await queue.rows(
                    "SELECT extract(epoch FROM finished_at) FROM kushim_jira.job_status ORDER BY finished_at"
                ).compactMap { $0.first.flatMap { $0 }.flatMap { Double($0) } }
                guard ends.count == jobs else {
                    throw ConditionNotMet(description: "\(ends.count) of \(jobs) jobs are finished")
                }
                var drained = Drained(rate: Double(jobs) / report.elapsed, ends: ends)
                drained.claims = try log.durations(ofStatementsWith: "INSERT INTO kushim_jira.leases")
                guard !drained.claims.isEmpty else {
                    throw ConditionNotMet(description: "no claim was logged: none inserts into kushim_jira.leases")
                }
                return drained
            }
        }
    }

    private static func reference(_ jobs: Int, in bench: Bench) async throws -> Drained {
        try await bench.withReference { reference in
            try await Backlog.makePlainTable(reference)
            return try await withSnapshot(of: reference, on: bench) {
                try await Backlog.fillPlainTable(reference, jobs: jobs, customers: customers)
                let result = try await PgBench.run(
                    "queue_keeping", clients: 16, .transactions(jobs / 100), isLogged: true, on: reference, in: bench)
                return Drained(rate: result.perSecond * 100, ends: result.log.map(\.end))
            }
        }
    }

    /// A session that looked once, and has not ended its transaction since.
    private static func withSnapshot<Result: Sendable>(
        of database: BenchDatabase?, on bench: Bench, _ body: () async throws -> Result
    ) async throws -> Result {
        guard let database else { return try await body() }
        let session = try await database.openSession()
        try await session.execute(
            sql: """
                SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ;
                SELECT count(*) FROM pg_class
                """)
        do {
            let result = try await body()
            await session.close()
            return result
        } catch {
            await session.close()
            throw error
        }
    }
}
