import ArgumentParser
import Foundation
import Glibc
import Jira
import Synchronization
import TestSupport

@main
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Try to break the promise: exactly one ticket for each failed control, whatever crashes.",
        discussion: """
            Runs three daemons against one PostgreSQL and a simulated Jira, breaks all of them, the links between them and \
            their clocks as the seed has it, and then compares the ledger, Jira and the audit log. Exit status 1 on a single \
            loss, double or contradiction.

            EXAMPLES
              deploy/chaos
              deploy/chaos --seeds 20 --failures 500
              deploy/chaos --seed 4711 --keep
            """)

    @Option(help: "Failures to insert, for each seed.") var failures = 500
    @Option(help: "For so many minutes, for each seed, things break.") var minutes = 0.75
    @Option(help: "The first seed; drawn and printed if not given.") var seed: UInt64?
    @Option(help: "So many seeds, one after the other.") var seeds = 1
    @Flag(help: "Which Jira; by default even seeds are Cloud, odd ones Data Center.") var deployment: Deployment?
    @Option(
        help: ArgumentHelp(
            "What goes wrong: all, or some of \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "kinds"), transform: FaultKind.list)
    var faults = FaultKind.allCases
    @Flag(help: "Stop at the first seed that finds damage.") var untilBroken = false
    @Flag(help: "Print figures as JSON.") var json = false
    @Flag(help: "Keep the logs of a clean run too.") var keep = false
    @Option(help: "The daemon's program.") var daemon: String
    @Option(help: "The simulator's program.") var simulator: String
    @Option(help: "The libraries that fake the time, as the dynamic linker takes them.") var fakeTime: String
    @Option(help: "Where logs go.") var directory: String

    enum Deployment: String, EnumerableFlag { case cloud, dataCenter }

    func run() async throws {
        let first = seed ?? UInt64.random(in: 1...999_999)
        var reports: [Report] = []
        for seed in first..<(first + UInt64(max(1, seeds))) {
            tell("seed \(seed)")
            let report: Report
            do {
                report = try await run(seed: seed)
            } catch {
                tell("the test itself failed: \(error)\nlogs: \(directory)")
                throw ExitCode(70)
            }
            tell(report.line)
            for problem in report.problems { tell("  \(problem)") }
            reports.append(report)
            if untilBroken, !report.isSound { break }
        }
        let summary = Summary(seeds: reports)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            print(String(decoding: try encoder.encode(summary), as: UTF8.self))
        } else {
            print(summary.text)
        }
        if !summary.isSound {
            tell("\nlogs: \(directory)")
            throw ExitCode(1)
        }
    }

    private func tell(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }

    private func run(seed: UInt64) async throws -> Report {
        let isCloud = deployment.map { $0 == .cloud } ?? seed.isMultiple(of: 2)
        let directory = "\(directory)/seed\(seed)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let programs = World.Programs(daemon: daemon, simulator: simulator, fakeTime: fakeTime)
        let log = FaultLog(path: "\(directory)/faults.log")
        defer { log.save() }
        let kinds = kinds(of: seed)
        let report = try await World.with(
            programs, isCloud: isCloud, seed: seed, kinds: kinds, directory: directory
        ) { world in
            try await run(in: world, isCloud: isCloud, seed: seed, kinds, log)
        }
        if report.isSound, !keep { try? FileManager.default.removeItem(atPath: directory) }
        return report
    }

    /// Not a wrong clock and a second server at once: PostgreSQL itself gives up waiting for its standby when its clock leaps, and
    /// then a promotion loses what was committed.
    private func kinds(of seed: UInt64) -> Set<FaultKind> {
        var kinds = Set(faults)
        if kinds.isSuperset(of: [.clock, .standby]) { kinds.remove(seed / 2 % 2 == 0 ? .clock : .standby) }
        return kinds
    }

    private func run(
        in world: World, isCloud: Bool, seed: UInt64, _ kinds: Set<FaultKind>, _ log: FaultLog
    ) async throws -> Report {
        let began = ContinuousClock.now
        let time = Duration.seconds(minutes * 60)
        let injector = Injector(world, isCloud: isCloud, kinds: kinds, seed: seed, log: log)
        let workload = Workload(
            world, failures: failures, duration: time * 0.8, isDisliked: kinds.contains(.intermediary),
            tellsTheTime: kinds.contains(.clock),
            seed: seed &+ 1_000_003)
        try injector.startDaemons()
        let isInserted = Mutex(false)
        async let inserting: Void = {
            defer { isInserted.withLock { $0 = true } }
            try await workload.run()
        }()
        try await injector.run { isInserted.withLock { $0 } && began.duration(to: .now) > time }
        try await inserting
        let retried = try await drain(world, injector)
        let evidence = try await Evidence.gather(world)
        let verdict = Judge(evidence: evidence, workload: workload.result).verdict()
        return Report(
            seed: seed, isCloud: isCloud, evidence, verdict, counters: try await world.simulator.counters(), log: log,
            retried: retried, took: began.duration(to: .now))
    }

    /// Waits until all is done; as an operator who tries again what was given up because it killed three workers.
    /// - Returns: how many.
    private func drain(_ world: World, _ injector: Injector) async throws -> Int {
        let deadline = ContinuousClock.now + .seconds(180)
        var retried = 0
        var shown = -1
        while ContinuousClock.now < deadline {
            let open = try await world.value(
                """
                SELECT count(*) FROM kushim_jira.job_status
                WHERE kind IN ('compliance_failure', 'compliance_pass', 'notification') AND state IN ('available', 'running')
                """)
            if isatty(STDERR_FILENO) == 1, open != shown {
                FileHandle.standardError.write(Data("\r\(open) jobs are still to be done \u{1b}[K".utf8))
                shown = open
            }
            let dead = try await world.rows(
                """
                SELECT id FROM kushim_jira.dead_letters WHERE kind IN ('compliance_failure', 'compliance_pass', 'notification')
                """
            ).compactMap { $0.first ?? nil }
            for job in dead where retried < 1_000 {
                try await retry(job, world)
                retried += 1
            }
            if open == 0, dead.isEmpty { return retried }
            if try await world.hasShutGate() {
                injector.reloadDaemons()
                try await Task.sleep(for: .seconds(3))
            }
            try await Task.sleep(for: .milliseconds(300))
        }
        await world.saveActivity()
        if shown >= 0 { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
        return retried
    }

    private func retry(_ job: String, _ world: World) async throws {
        let command = Program(
            name: "retry\(job)", executable: daemon, arguments: ["jobs", "retry", job], directory: world.directory)
        try command.start(environment: [
            "PATH": "/usr/bin:/bin",
            "DATABASE_URL": "\(world.database.hosts) user=\(DaemonUnderTest.role(1)) dbname=chaos",
        ])
        _ = await command.end(0)
    }
}
