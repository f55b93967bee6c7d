import TestSupport

/// Whether a queue in which millions wait is claimed from as fast as one in which a few thousand do.
struct Depth: Benchmark {
    private static let drained = 20_000
    private static let few = 5_000
    private static let customers = 16

    func run(in bench: Bench) async throws -> BenchmarkReport {
        let many = bench.size(5_000_000, brief: 1_000_000)
        let rounds = bench.size(5, brief: 3)
        var deep: [Double] = []
        var shallow: [Double] = []
        try await BenchDatabase.with("deep", template: Bench.template, on: bench.server) { queue in
            bench.say("depth: filling a queue with \(many) jobs")
            try await Self.fill(queue, jobs: many + rounds * Self.drained)
            for round in 1...rounds {
                bench.say("depth: round \(round) of \(rounds)")
                deep.append(try await Self.drain(queue, in: bench))
                shallow.append(
                    try await bench.withQueue { queue in
                        try await Self.fill(queue, jobs: Self.few + Self.drained)
                        return try await Self.drain(queue, in: bench)
                    })
            }
        }
        return BenchmarkReport(
            benchmark: "depth",
            conditions: [
                "\(Self.drained) jobs a round, of \(Self.customers) customers, \(bench.slots) in hand; \(rounds) rounds",
                "\(many) jobs or more stay waiting; reference: \(Self.few) do",
            ],
            figures: [
                Figure(
                    "drained", "jobs/s", deep, against: .init(name: "few waiting", values: shallow),
                    target: .ratio(.atLeast, 0.9))
            ])
    }

    /// As the daemon places its own jobs, which takes a fraction of the time that a producer's inserts would.
    private static func fill(_ queue: BenchDatabase, jobs: Int) async throws {
        try await queue.run(
            """
            BEGIN;
            SET LOCAL kushim_jira.are_placed = 'yes';
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
            SELECT '\(WorkerProcess.kind)', 'customer-' || n % \(customers), \(Backlog.payload) FROM generate_series(1, \(jobs)) n;
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
            SELECT id, customer_id, kind, priority FROM kushim_jira.jobs ORDER BY id;
            COMMIT
            """)
        try await queue.settle()
    }

    private static func drain(_ queue: BenchDatabase, in bench: Bench) async throws -> Double {
        let worker = try WorkerProcess.start(.init(slots: bench.slots, until: drained), on: queue, in: bench)
        let report = try await worker.finish(within: .seconds(600))
        return Double(report.jobs) / report.elapsed
    }
}
