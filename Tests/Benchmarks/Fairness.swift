import Foundation
import TestSupport

/// How long one customer's single job waits while another has a huge backlog, and whether caps hold when many workers race.
struct Fairness: Benchmark {
    private static let slots = 64
    /// Milliseconds a job takes, so that the backlog outlasts the measurement.
    private static let work = 50
    private static let perSecond = 10.0
    private static let seconds = 10

    func run(in bench: Bench) async throws -> BenchmarkReport {
        let backlog = bench.jobs(50_000, brief: 50_000)
        let rounds = bench.size(5, brief: 2)
        var figures: [Figure] = []
        for others in [1, 5_000] {
            var idle: [[Double]] = []
            var busy: [[Double]] = []
            for round in 1...rounds {
                bench.say("fairness: \(others) other customers, round \(round) of \(rounds)")
                idle.append(try await Self.latencies(backlog: 0, others: others, in: bench))
                busy.append(try await Self.latencies(backlog: backlog, others: others, in: bench))
            }
            let name = others == 1 ? "1 other customer" : "\(others) other customers"
            for (share, title) in [(0.5, "p50"), (0.99, "p99")] {
                figures.append(
                    Figure(
                        "\(name): single job starts, \(title)", "ms", busy.map { $0.quantile(share) },
                        against: .init(name: "idle", values: idle.map { $0.quantile(share) }),
                        target: share == 0.99 ? .ratio(.atMost, 2) : nil))
            }
        }
        bench.say("fairness: caps")
        figures.append(try await Self.caps(in: bench))
        return BenchmarkReport(
            benchmark: "fairness",
            conditions: [
                "one customer has \(backlog) ready throughout, each \(Self.work) ms of waiting; \(Self.slots) jobs in hand; single "
                    + "jobs of the others in turn, \(Int(Self.perSecond)) a second for \(Self.seconds) s; \(rounds) rounds",
                "reference: the same without the backlog; every other customer has had a job done before",
                "caps: 8 workers, 4 customers with a cap of \(Self.cap) and \(Self.capped) jobs of 5 ms each, "
                    + "\(Self.capSeconds) s",
            ], figures: figures)
    }

    /// - Parameter backlog: what the big customer has ready when the single jobs come, and again what is done meanwhile.
    private static func latencies(backlog: Int, others: Int, in bench: Bench) async throws -> [Double] {
        try await bench.withQueue { queue in
            try await everyoneHasHadOne(others, queue, in: bench)
            let spare = slots * 1_000 / work * (seconds + 4)
            if backlog > 0 { try await insert(backlog + spare, of: "'big'", queue) }
            try await queue.settle()
            let worker = try WorkerProcess.start(
                .init(slots: slots, work: backlog > 0 ? work : 0, records: true), on: queue, in: bench)
            try await Task.sleep(for: .seconds(2))
            try await JobInserter(database: queue).insert(
                Int(perSecond) * seconds, perSecond: perSecond, customer: { "other-\($0 % others)" })
            try await Task.sleep(for: .seconds(1))
            let isStillBusy = try await queue.number(
                "SELECT count(*) FROM kushim_jira.job_status WHERE state = 'available' AND customer_id = 'big'")
            let records = try await worker.stop().records.filter { $0.customer != "big" }
            guard Int(isStillBusy) >= backlog else {
                throw ConditionNotMet(description: "the backlog fell to \(Int(isStillBusy)) while it was measured")
            }
            // One that had to wait longer than the measurement counts with all of it.
            let missing = Int(perSecond) * seconds - records.count
            return records.compactMap(\.latency) + Array(repeating: Double(seconds) * 1_000, count: max(0, missing))
        }
    }

    private static func everyoneHasHadOne(_ others: Int, _ queue: BenchDatabase, in bench: Bench) async throws {
        try await insert(others, of: "'other-' || (n - 1)", queue)
        let worker = try WorkerProcess.start(.init(slots: 500, until: others), on: queue, in: bench)
        _ = try await worker.finish(within: .seconds(120))
    }

    private static func insert(_ jobs: Int, of customer: String, _ queue: BenchDatabase) async throws {
        try await queue.run(
            """
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
            SELECT '\(WorkerProcess.kind)', \(customer), \(Backlog.payload) FROM generate_series(1, \(jobs)) n
            """)
    }

    // MARK: - Caps

    private static let cap = 4
    private static let capped = 4_000
    private static let capSeconds = 10

    private static func caps(in bench: Bench) async throws -> Figure {
        let name = "caps: most over a cap"
        return try await bench.withQueue { queue in
            guard try await Backlog.capCustomers(queue, customers: 4, atOnce: cap) else {
                return Figure(name, notSupported: "not supported: no kushim_jira.customer_limits in this schema")
            }
            try await insert(4 * capped, of: "'customer-' || n % 4", queue)
            // The workers share a process, so that their handlers can count together.
            let workers = try WorkerProcess.start(
                .init(slots: 16, workers: 8, work: 5, records: true), on: queue, in: bench)
            var mostLeased = 0.0
            let end = ContinuousClock.now + .seconds(capSeconds)
            while ContinuousClock.now < end {
                let most = try await queue.number(
                    "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM kushim_jira.leases GROUP BY customer_id) l"
                )
                mostLeased = max(mostLeased, most)
                try await Task.sleep(for: .milliseconds(5))
            }
            let report = try await workers.stop()
            guard report.jobs > 0 else { throw ConditionNotMet(description: "no job of a customer with a cap has run") }
            let most = max(mostLeased, Double(report.mostAtOnce.values.max() ?? 0))
            return Figure(name, "jobs", [max(0, most - Double(cap))], target: .value(.neverAbove, 0))
        }
    }
}
