import TestSupport

/// From just before an insert to the first line of its handler: on an idle system against the least there can be, and under load.
struct Latency: Benchmark {
    private static let rate = 50.0
    /// Connections and caches warm up on them.
    private static let unmeasured = 50

    func run(in bench: Bench) async throws -> BenchmarkReport {
        let rounds = 5
        let jobs = max(100, bench.jobs(2_500, brief: 1_000) / rounds)
        let (ours, floor) = try await Self.idle(rounds: rounds, jobs: jobs, in: bench)
        let loads = try await Self.loaded(rounds: bench.size(5, brief: 3), in: bench)
        return BenchmarkReport(
            benchmark: "latency",
            conditions: [
                "idle: \(jobs) jobs a round, \(Int(Self.rate)) a second, one a commit; \(rounds) rounds, turn by turn with the floor",
                "floor: a process that listens on a channel, and takes one row by one DELETE when notified",
                "load: 80 % of what the same round could sustain, inserted in batches 5 ms after each other for \(Self.loadSeconds) s; "
                    + "\(bench.slots) jobs in hand",
                "sustained: jobs by the time from the first insert to the last end, when they are inserted for "
                    + "\(Self.loadSeconds) s as fast as can be, on the same cores",
            ],
            figures: [
                Figure(
                    "idle: insert to start, p50", "ms", ours.map { $0.quantile(0.5) },
                    against: .init(name: "floor", values: floor.map { $0.quantile(0.5) }), target: .ratio(.atMost, 1.5)),
                Figure(
                    "idle: insert to start, p99", "ms", ours.map { $0.quantile(0.99) },
                    against: .init(name: "floor", values: floor.map { $0.quantile(0.99) }), target: .ratio(.atMost, 2)),
                Figure("load: could be sustained", "jobs/s", loads.map(\.capacity)),
                Figure("load: inserted", "jobs/s", loads.map(\.inserted)),
                Figure("load: insert to start, p50", "ms", loads.map { $0.latencies.quantile(0.5) }),
                Figure(
                    "load: insert to start, p99", "ms", loads.map { $0.latencies.quantile(0.99) },
                    target: .value(.atMost, 50)),
            ])
    }

    /// - Returns: milliseconds, round by round.
    private static func idle(
        rounds: Int, jobs: Int, in bench: Bench
    ) async throws -> (ours: [[Double]], floor: [[Double]]) {
        try await bench.withQueue { queue in
            try await bench.withReference { reference in
                try await reference.run(floorTable)
                let worker = try WorkerProcess.start(.init(records: true), on: queue, in: bench)
                let floor = try WorkerProcess.startFloor(on: reference, in: bench)
                try await Task.sleep(for: .seconds(2))
                let toQueue = JobInserter(database: queue)
                let toFloor = JobInserter(database: reference, place: .floor)
                try await toQueue.insert(unmeasured, perSecond: rate)
                try await toFloor.insert(unmeasured, perSecond: rate)
                for round in 1...rounds {
                    bench.say("latency: idle, round \(round) of \(rounds)")
                    try await toQueue.insert(jobs, perSecond: rate)
                    try await toFloor.insert(jobs, perSecond: rate)
                }
                try await Task.sleep(for: .seconds(1))
                return (
                    try slices(of: try await worker.stop(), jobs: jobs, rounds: rounds),
                    try slices(of: try await floor.stop(), jobs: jobs, rounds: rounds)
                )
            }
        }
    }

    private static func slices(of report: WorkerReport, jobs: Int, rounds: Int) throws -> [[Double]] {
        let latencies = report.records.sorted { ($0.sent ?? 0) < ($1.sent ?? 0) }.compactMap(\.latency)
        guard latencies.count == unmeasured + jobs * rounds else {
            throw ConditionNotMet(description: "\(latencies.count) of \(unmeasured + jobs * rounds) jobs started")
        }
        return (0..<rounds).map { Array(latencies[(unmeasured + $0 * jobs)..<(unmeasured + ($0 + 1) * jobs)]) }
    }

    private static let floorTable = """
        CREATE TABLE public.floor (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id text, payload jsonb);
        CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('bench_floor', '');
            RETURN NULL;
        END
        $$;
        CREATE TRIGGER tell AFTER INSERT ON public.floor FOR EACH STATEMENT EXECUTE FUNCTION public.tell()
        """

    // MARK: - Under load

    private static let loadSeconds = 5
    private static let customers = 16

    private struct Load {
        var capacity: Double
        var inserted: Double
        /// Milliseconds.
        var latencies: [Double]
    }

    private static func loaded(rounds: Int, in bench: Bench) async throws -> [Load] {
        var loads: [Load] = []
        for round in 1...rounds {
            bench.say("latency: load, round \(round) of \(rounds)")
            let capacity = try await sustained(in: bench)
            loads.append(
                try await bench.withQueue { queue in
                    let worker = try WorkerProcess.start(
                        .init(slots: bench.slots, records: true), on: queue, in: bench)
                    let inserter = JobInserter(database: queue)
                    try await Task.sleep(for: .seconds(2))
                    let inserted = try await inserter.insertBatches(
                        perSecond: capacity * 0.8, for: .seconds(loadSeconds), customers: customers)
                    try await Backlog.waitUntilFinished(queue)
                    let latencies = try await worker.stop().records.compactMap(\.latency)
                    return Load(capacity: capacity, inserted: inserted, latencies: latencies)
                })
        }
        return loads
    }

    /// - Returns: jobs a second that can be inserted and done.
    private static func sustained(in bench: Bench) async throws -> Double {
        try await bench.withQueue { queue in
            let worker = try WorkerProcess.start(.init(slots: bench.slots), on: queue, in: bench)
            try await Task.sleep(for: .seconds(2))
            let began = ContinuousClock.now
            let jobs = try await JobInserter(database: queue).insertAsFastAsPossible(
                for: .seconds(loadSeconds), customers: customers)
            try await Backlog.waitUntilFinished(queue)
            let time = began.duration(to: .now)
            _ = try await worker.stop()
            return Double(jobs) / (time / .seconds(1))
        }
    }
}
