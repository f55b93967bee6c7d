import Postgres
import TestSupport

/// What an insert into the queue costs its producer, against one into a bare table.
struct Producers: Benchmark {
    private enum Workers: String, CaseIterable {
        case none = "no worker", asleep = "told to one asleep", atWork = "a worker at work"
    }

    func run(in bench: Bench) async throws -> BenchmarkReport {
        let rounds = bench.size(5, brief: 3)
        let seconds = bench.size(4, brief: 2)
        var figures: [Figure] = []
        for clients in [1, 32] {
            var bare: [Double] = []
            var ours: [Workers: [Double]] = [:]
            for round in 1...rounds {
                bench.say("producers: \(clients) clients, round \(round) of \(rounds)")
                bare.append(try await Self.bareInsert(clients, seconds, in: bench))
                for workers in Workers.allCases {
                    let time = try await Self.insert(clients, seconds, with: workers, in: bench)
                    ours[workers, default: []].append(time)
                }
            }
            for workers in Workers.allCases {
                figures.append(
                    Figure(
                        "\(clients) client\(clients == 1 ? "" : "s"), \(workers.rawValue)", "ms an insert",
                        ours[workers] ?? [], against: .init(name: "bare table", values: bare),
                        target: workers == .asleep ? .ratio(.atMost, 1.5) : nil))
            }
        }
        return BenchmarkReport(
            benchmark: "producers",
            conditions: [
                "pgbench, \(seconds) s, one row a commit; time an insert is what one client waits; \(rounds) rounds",
                "asleep: a session that listens, counts as a sleeping worker all the time, and does nothing; at work: a worker "
                    + "does the jobs on the same cores",
                "bare table: the columns and primary key of ours, no constraints, no triggers",
            ], figures: figures)
    }

    /// - Returns: milliseconds.
    private static func insert(
        _ clients: Int, _ seconds: Int, with workers: Workers, in bench: Bench
    ) async throws -> Double {
        try await bench.withQueue { queue in
            try await queue.settle()
            switch workers {
            case .none:
                return try await insert(clients, seconds, on: queue, in: bench)
            case .asleep:
                return try await withSleeper(on: queue) { try await insert(clients, seconds, on: queue, in: bench) }
            case .atWork:
                let worker = try WorkerProcess.start(.init(slots: 256), on: queue, in: bench)
                try await Task.sleep(for: .seconds(1))
                let time = try await insert(clients, seconds, on: queue, in: bench)
                _ = try await worker.stop()
                return time
            }
        }
    }

    private static func insert(
        _ clients: Int, _ seconds: Int, on queue: BenchDatabase, in bench: Bench
    ) async throws -> Double {
        let result = try await PgBench.run("insert_job", clients: clients, .seconds(seconds), on: queue, in: bench)
        return Double(clients) * 1_000 / result.perSecond
    }

    /// Somebody who is told whenever somebody asleep is to be told.
    private static func withSleeper(
        on queue: BenchDatabase, _ body: () async throws -> Double
    ) async throws -> Double {
        let listener = PostgresListener(queue.configuration, channel: "kushim_jira", logger: .quiet)
        let sleeper = Task { try await listener.run() }
        defer { sleeper.cancel() }
        var events = listener.events.makeAsyncIterator()
        guard await events.next() == .connected else { throw ConditionNotMet(description: "nobody listens") }
        try await queue.run(
            "SELECT setval('kushim_jira.asleep_until', (extract(epoch FROM clock_timestamp()) + 3600)::bigint)")
        let time = try await body()
        guard case .notification? = await events.next() else { throw ConditionNotMet(description: "nobody was told") }
        return time
    }

    private static func bareInsert(_ clients: Int, _ seconds: Int, in bench: Bench) async throws -> Double {
        try await bench.withReference { reference in
            try await reference.run(bareTable)
            try await reference.settle()
            let result = try await PgBench.run(
                "insert_bare", clients: clients, .seconds(seconds), on: reference, in: bench)
            return Double(clients) * 1_000 / result.perSecond
        }
    }

    private static let bareTable = """
        CREATE TABLE public.bare_jobs (
            id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kind        text        NOT NULL,
            customer_id text        NOT NULL DEFAULT 'default',
            payload     jsonb       NOT NULL,
            run_at      timestamptz NOT NULL DEFAULT now(),
            priority    smallint    NOT NULL DEFAULT 0,
            unique_key  text,
            created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """
}
