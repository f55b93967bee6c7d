import Foundation
import TestSupport

/// How long work stands still after a worker was killed, and after PostgreSQL was restarted.
struct Recovery: Benchmark {
    /// Seconds.
    private static let lease = 10
    private static let inHand = 16

    func run(in bench: Bench) async throws -> BenchmarkReport {
        let rounds = bench.size(5, brief: 2)
        var killed: [Double] = []
        var fast: [Double] = []
        var immediate: [Double] = []
        for round in 1...rounds {
            bench.say("recovery: round \(round) of \(rounds)")
            killed.append(try await Self.afterKill(in: bench))
            fast.append(try await Self.afterRestart("fast", in: bench))
            immediate.append(try await Self.afterRestart("immediate", in: bench))
        }
        return BenchmarkReport(
            benchmark: "recovery",
            conditions: [
                "kill -9 of a worker with \(Self.inHand) jobs in hand and a lease of \(Self.lease) s, until another has started "
                    + "the last of them; \(rounds) rounds",
                "restart in the middle of a backlog of 5 ms jobs, until the first job starts after pg_ctl calls the server up",
            ],
            figures: [
                Figure(
                    "kill -9 of a worker", "s", killed, target: .value(.neverAbove, Double(Self.lease + 5))),
                Figure("PostgreSQL restarted (fast)", "s", fast, target: .value(.neverAbove, 3)),
                Figure("PostgreSQL crashed (immediate)", "s", immediate, target: .value(.neverAbove, 3)),
            ])
    }

    /// - Returns: seconds.
    private static func afterKill(in bench: Bench) async throws -> Double {
        try await bench.withQueue { queue in
            let victim = try WorkerProcess.start(
                .init(slots: inHand, work: 3_600_000, lease: lease), on: queue, in: bench)
            // Of several customers, since no one of them gets all slots.
            try await Backlog.fill(queue, jobs: inHand, customers: 4)
            try await eventually("the victim has all jobs in hand") {
                try await queue.number("SELECT count(*) FROM kushim_jira.job_status WHERE state = 'running'")
                    == Double(inHand)
            }
            let heir = try WorkerProcess.start(
                .init(slots: 64, until: inHand, lease: lease, records: true), on: queue, in: bench)
            // At some moment between two heartbeats.
            try await Task.sleep(for: .milliseconds(Int.random(in: 3_000...6_000)))
            let death = monotonicNanoseconds()
            await victim.kill()
            let report = try await heir.finish(within: .seconds(lease * 6))
            return Double((report.records.map(\.started).max() ?? 0) - death) / 1_000_000_000
        }
    }

    /// - Returns: seconds.
    private static func afterRestart(_ mode: String, in bench: Bench) async throws -> Double {
        try await bench.withQueue { queue in
            // More than can be done meanwhile.
            try await Backlog.fill(queue, jobs: 60_000, customers: 16)
            let worker = try WorkerProcess.start(.init(slots: 8, work: 5, records: true), on: queue, in: bench)
            try await eventually("work has begun") {
                try await queue.number("SELECT count(*) FROM kushim_jira.job_status WHERE state = 'completed'") > 100
            }
            try await bench.server.stop(mode)
            try await bench.server.start()
            let isUp = monotonicNanoseconds()
            try await Task.sleep(for: .seconds(8))
            let starts = try await worker.stop().records.map(\.started).filter { $0 > isUp }
            guard let first = starts.min() else {
                throw ConditionNotMet(description: "no job has started within 8 s of the restart")
            }
            return Double(first - isUp) / 1_000_000_000
        }
    }
}
