import TestSupport

/// Failures become tickets: the real daemon between a real PostgreSQL and the simulated Jira.
struct EndToEnd: Benchmark {
    private static let customers = 10
    private static let steadyRate = 50
    /// For a burst, so that bulk creates are full.
    private static let concurrency = 512

    func run(in bench: Bench) async throws -> BenchmarkReport {
        let failures = bench.jobs(20_000, brief: 10_000)
        let steady = bench.size(1_000, brief: 300)
        let rounds = bench.size(5, brief: 3)
        var bursts: [Round] = []
        var steadies: [Round] = []
        for round in 1...rounds {
            bench.say("end-to-end: round \(round) of \(rounds)")
            bursts.append(
                try await Self.measure(bench.concurrency ?? Self.concurrency, in: bench) {
                    try await Self.insertAtOnce(failures, $0)
                })
            steadies.append(
                try await Self.measure(bench.concurrency, in: bench) { try await Self.insertSteadily(steady, $0) })
        }
        let perThousand = 1_000 / Double(failures)
        return BenchmarkReport(
            benchmark: "end-to-end",
            conditions: [
                "the daemon with its defaults, but \(bench.concurrency ?? Self.concurrency) jobs in hand in a burst; \(rounds) rounds",
                "burst: \(failures) failures of \(Self.customers) customers in one transaction; steady: \(steady) failures, "
                    + "\(Self.steadyRate) a second",
                "tickets a second, and CPU: from the commit of the rows to the last ticket; insert to ticket: from the row's created_at to the ledger's opened_at",
            ],
            figures: [
                Figure("burst: tickets", "a second", bursts.map(\.rate), target: .value(.atLeast, 2_000)),
                Figure("burst: insert to ticket, p50", "ms", bursts.map { $0.latencies.quantile(0.5) }),
                Figure("burst: insert to ticket, p99", "ms", bursts.map { $0.latencies.quantile(0.99) }),
                Figure("burst: requests a ticket", "", bursts.map(\.requestsPerTicket)),
                Figure("burst: daemon CPU, 1,000 tickets", "s", bursts.map { $0.daemonCPU * perThousand }),
                Figure("burst: PostgreSQL CPU, 1,000 tickets", "s", bursts.map { $0.serverCPU * perThousand }),
                Figure("burst: simulator CPU, 1,000 tickets", "s", bursts.map { $0.simulatorCPU * perThousand }),
                Figure("burst: daemon's memory after it", "MB", bursts.map(\.daemonMegabytes)),
                Figure("steady: insert to ticket, p50", "ms", steadies.map { $0.latencies.quantile(0.5) }),
                Figure("steady: insert to ticket, p99", "ms", steadies.map { $0.latencies.quantile(0.99) }),
                Figure("steady: requests a ticket", "", steadies.map(\.requestsPerTicket)),
            ])
    }

    private struct Round {
        var rate: Double
        /// Milliseconds.
        var latencies: [Double]
        var requestsPerTicket: Double
        var daemonCPU: Double
        var serverCPU: Double
        var simulatorCPU: Double
        var daemonMegabytes: Double
    }

    private static func measure(
        _ concurrency: Int?, in bench: Bench, inserting insert: (BenchDatabase) async throws -> Int
    ) async throws -> Round {
        try await bench.withQueue { queue in
            try await DaemonProcess.with(concurrency: concurrency, on: queue, in: bench) { daemon in
                try await measure(daemon, queue, in: bench, inserting: insert)
            }
        }
    }

    private static func measure(
        _ daemon: DaemonProcess, _ queue: BenchDatabase, in bench: Bench,
        inserting insert: (BenchDatabase) async throws -> Int
    ) async throws -> Round {
        let requests = try await daemon.simulator.requestCount()
        let failures = try await insert(queue)
        let costs = Costs(daemon, bench)
        let committed = try await queue.number("SELECT extract(epoch FROM clock_timestamp())")
        let open = "SELECT count(*) FROM kushim_jira.tickets WHERE state = 'open'"
        try await eventually(within: .seconds(600), "\(failures) tickets are open; see \(daemon.program.logPath)") {
            if try await queue.number(open) == Double(failures) { return true }
            // Seldom, since the look costs what is being measured.
            try await Task.sleep(for: .milliseconds(700))
            return false
        }
        let spent = Costs(daemon, bench)
        let after = try await daemon.simulator.requestCount()
        let times = try await queue.rows(
            """
            SELECT extract(epoch FROM t.opened_at - j.created_at) * 1000, extract(epoch FROM t.opened_at)
            FROM kushim_jira.tickets t JOIN kushim_jira.jobs j ON j.id = t.job_id
            """
        ).map { $0.map { $0.flatMap { Double($0) } ?? 0 } }
        let end = times.map { $0[1] }.max() ?? committed
        return Round(
            rate: Double(failures) / (end - committed), latencies: times.map { $0[0] },
            requestsPerTicket: Double(after - requests) / Double(failures),
            daemonCPU: spent.daemon - costs.daemon, serverCPU: spent.server - costs.server,
            simulatorCPU: spent.simulator - costs.simulator,
            daemonMegabytes: daemon.program.processID.map { ProcessTimes.residentMegabytes(of: $0) } ?? 0)
    }

    private struct Costs {
        var daemon: Double
        var server: Double
        var simulator: Double

        init(_ daemon: DaemonProcess, _ bench: Bench) {
            self.daemon = daemon.program.processID.map { ProcessTimes.cpuSeconds(of: $0) } ?? 0
            server = ProcessTimes.cpuSeconds(of: bench.server)
            simulator = daemon.simulator.program.processID.map { ProcessTimes.cpuSeconds(of: $0) } ?? 0
        }
    }

    private static func insertAtOnce(_ failures: Int, _ queue: BenchDatabase) async throws -> Int {
        try await queue.run(insert(from: 1, to: failures))
        return failures
    }

    private static func insertSteadily(_ failures: Int, _ queue: BenchDatabase) async throws -> Int {
        let began = ContinuousClock.now
        for number in 1...failures {
            try await Task.sleep(until: began + .seconds(1) * (Double(number) / Double(steadyRate)))
            try await queue.run(insert(from: number, to: number))
        }
        return failures
    }

    private static func insert(from first: Int, to last: Int) -> String {
        """
        INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
        SELECT 'compliance_failure', 'customer-' || n % \(customers), jsonb_build_object(
            'controlId', 'AWS_CONTROL_' || n, 'controlTitle', 'Control ' || n || ' of the benchmark',
            'severity', (ARRAY['critical', 'high', 'medium'])[n % 3 + 1], 'framework', 'SOC 2 CC6.1', 'integration', 'AWS',
            'failureReason', '6 of 14 IAM users have no MFA device: alice, bob, carol, dave, erin, frank',
            'evidenceId', 'ev_' || n, 'affectedSystems', jsonb_build_array('aws:123456789012', 'aws:210987654321'))
        FROM generate_series(\(first), \(last)) n
        """
    }
}
