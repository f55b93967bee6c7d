import TestSupport

/// How fast one process empties the queue of jobs that do nothing, against the same done by plain SQL in pgbench.
struct Drain: Benchmark {
    private static let clients = 16
    private static let customers = 16

    func run(in bench: Bench) async throws -> BenchmarkReport {
        let batch = Self.clients * 100
        let jobs = max(batch, bench.jobs(100_000, brief: 60_000) / batch * batch)
        let rounds = 5
        var ours: [Round] = []
        var keeping: [Double] = []
        var deleting: [Double] = []
        for round in 1...rounds {
            bench.say("drain: round \(round) of \(rounds)")
            ours.append(try await Self.drain(jobs, in: bench))
            keeping.append(try await Self.reference("queue_keeping", jobs, in: bench))
            deleting.append(try await Self.reference("queue_deleting", jobs, in: bench))
        }
        let perTenThousand = 10_000 / Double(jobs)
        return BenchmarkReport(
            benchmark: "drain",
            conditions: [
                "\(jobs) jobs that do nothing, of \(Self.customers) customers; one process, \(bench.slots) jobs in hand; "
                    + "\(rounds) rounds",
                "leases fenced; caps per customer \(ours.allSatisfy(\.isCapped) ? "on" : "not supported by this schema")",
                "reference: pgbench, \(Self.clients) clients, 100 jobs a claim and a completion, each its own commit; "
                    + "one that keeps finished rows, as ours does, and one that deletes them",
            ],
            figures: [
                Figure(
                    "drained", "jobs/s", ours.map(\.rate),
                    against: .init(name: "plain SQL, keeping rows", values: keeping),
                    target: .ratio(.atLeast, 0.9)),
                Figure(
                    "drained, to rows deleted", "jobs/s", ours.map(\.rate),
                    against: .init(name: "plain SQL, deleting rows", values: deleting)),
                Figure(
                    "worker CPU, 10,000 jobs", "s", ours.map { $0.report.cpuSeconds * perTenThousand },
                    target: .value(.atMost, 0.2)),
                Figure("PostgreSQL CPU, 10,000 jobs", "s", ours.map { $0.serverCPU * perTenThousand }),
                Figure("worker's memory at its peak", "MB", ours.map(\.report.peakMegabytes)),
            ])
    }

    struct Round {
        var report: WorkerReport
        var rate: Double
        var serverCPU: Double
        var isCapped: Bool
    }

    static func drain(_ jobs: Int, in bench: Bench) async throws -> Round {
        try await bench.withQueue { queue in
            let isCapped = try await Backlog.capCustomers(queue, customers: customers, atOnce: bench.slots)
            try await Backlog.fill(queue, jobs: jobs, customers: customers)
            let before = ProcessTimes.cpuSeconds(of: bench.server)
            let worker = try WorkerProcess.start(.init(slots: bench.slots, until: jobs), on: queue, in: bench)
            let report = try await worker.finish(within: .seconds(600))
            let serverCPU = ProcessTimes.cpuSeconds(of: bench.server) - before
            guard try await Backlog.unfinished(queue) == 0, report.jobs == jobs else {
                throw ConditionNotMet(description: "\(report.jobs) of \(jobs) jobs ran, and not all are finished")
            }
            return Round(
                report: report, rate: Double(jobs) / report.elapsed, serverCPU: serverCPU, isCapped: isCapped)
        }
    }

    private static func reference(_ script: String, _ jobs: Int, in bench: Bench) async throws -> Double {
        try await bench.withReference { reference in
            try await Backlog.makePlainTable(reference)
            try await Backlog.fillPlainTable(reference, jobs: jobs, customers: customers)
            let result = try await PgBench.run(
                script, clients: clients, .transactions(jobs / 100), on: reference, in: bench)
            let left = try await reference.number("SELECT count(*) FROM public.plain_jobs WHERE state <> 'completed'")
            guard left == 0 else { throw ConditionNotMet(description: "pgbench left \(Int(left)) jobs") }
            return result.perSecond * 100
        }
    }
}
