import TestSupport

/// What a daemon costs that has nothing to do.
struct Idle: Benchmark {
    func run(in bench: Bench) async throws -> BenchmarkReport {
        let rounds = bench.size(3, brief: 1)
        let seconds = 30
        var rounded: [Round] = []
        for round in 1...rounds {
            bench.say("idle: round \(round) of \(rounds)")
            rounded.append(try await Self.measure(seconds, in: bench))
        }
        return BenchmarkReport(
            benchmark: "idle",
            conditions: ["the daemon with its defaults, an empty queue, \(seconds) s; \(rounds) rounds"],
            figures: [
                Figure("daemon's CPU", "% of a core", rounded.map(\.cpu), target: .value(.atMost, 0.1)),
                Figure("daemon's resident memory", "MB", rounded.map(\.megabytes), target: .value(.atMost, 20)),
                Figure("PostgreSQL's CPU", "% of a core", rounded.map(\.serverCPU)),
                Figure("transactions", "a second", rounded.map(\.transactions)),
            ])
    }

    private struct Round {
        var cpu: Double
        var megabytes: Double
        var serverCPU: Double
        var transactions: Double
    }

    private static func measure(_ seconds: Int, in bench: Bench) async throws -> Round {
        try await bench.withQueue { queue in
            try await DaemonProcess.with(concurrency: bench.concurrency, on: queue, in: bench) { daemon in
                try await Task.sleep(for: .seconds(4))
                return try await measure(daemon, seconds, queue, in: bench)
            }
        }
    }

    private static func measure(
        _ daemon: DaemonProcess, _ seconds: Int, _ queue: BenchDatabase, in bench: Bench
    ) async throws -> Round {
        guard let process = daemon.program.processID else { throw ConditionNotMet(description: "the daemon ended") }
        let commits = "SELECT xact_commit FROM pg_stat_database WHERE datname = '\(queue.name)'"
        let before = (
            ProcessTimes.exactCPUSeconds(of: process), ProcessTimes.cpuSeconds(of: bench.server),
            try await queue.number(commits)
        )
        try await Task.sleep(for: .seconds(seconds))
        let span = Double(seconds)
        return Round(
            cpu: (ProcessTimes.exactCPUSeconds(of: process) - before.0) / span * 100,
            megabytes: ProcessTimes.residentMegabytes(of: process),
            serverCPU: (ProcessTimes.cpuSeconds(of: bench.server) - before.1) / span * 100,
            transactions: (try await queue.number(commits) - before.2) / span)
    }
}
