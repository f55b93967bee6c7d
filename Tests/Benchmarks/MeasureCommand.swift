import ArgumentParser
import Foundation
import TestSupport

struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Run benchmarks and print what they found.")

    @Argument(help: "Which; all if none is named.") var benchmarks: [Name] = []
    @Option(help: "How many jobs each works with; by default each has a number of its own.") var jobs: Int?
    @Flag(help: "Fewer jobs and rounds, as when all are run.") var brief = false
    @Option(help: "Jobs in hand at once: 1000 in the worker, 512 in the daemon in a burst, else its own default.")
    var slots: Int?
    @Option(name: .customLong("setting"), help: "A setting of PostgreSQL, name=value; more of them if repeated.")
    var postgresSettings: [String] = []
    @Flag(help: "Print figures as JSON.") var json = false
    @Option(help: "The daemon's program.") var daemon: String
    @Option(help: "The simulator's program.") var simulator: String
    @Option(help: "The directory of pgbench's scripts.") var scripts: String
    @Option(help: "Where the server, logs and reports go.") var directory: String

    enum Name: String, CaseIterable, ExpressibleByArgument {
        case drain, endToEnd = "end-to-end", latency, horizon, depth, fairness, producers, recovery, idle, render, all

        var benchmark: (any Benchmark)? {
            switch self {
            case .drain: Drain()
            case .endToEnd: EndToEnd()
            case .latency: Latency()
            case .horizon: Horizon()
            case .depth: Depth()
            case .fairness: Fairness()
            case .producers: Producers()
            case .recovery: Recovery()
            case .idle: Idle()
            case .render: Render()
            case .all: nil
            }
        }
    }

    /// A server somebody would run in production, on this machine.
    private static let serverSettings = [
        "fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=4GB",
        "max_connections=200", "log_line_prefix=%m_",
    ]

    func validate() throws {
        if let jobs, jobs < 100 { throw ValidationError("--jobs: fewer than 100 measure nothing") }
    }

    func run() async throws {
        do {
            try await measure()
        } catch {
            FileHandle.standardError.write(Data("\nthe benchmark itself failed: \(error)\n".utf8))
            throw ExitCode(70)
        }
    }

    private func measure() async throws {
        let isAll = benchmarks.isEmpty || benchmarks.contains(.all)
        let names = isAll ? Name.allCases : benchmarks
        let programs = Bench.Programs(
            daemon: daemon, simulator: simulator,
            bench: try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/exe"), scripts: scripts)
        try await PrivatePostgres.with(settings: Self.serverSettings + postgresSettings, in: "\(directory)/postgres") {
            server in
            let bench = Bench(
                programs: programs, server: server, directory: directory, jobs: jobs, slots: slots,
                isBrief: brief || isAll)
            try await bench.prepare()
            let settings = try await bench.withReference { try await Settings.read($0) }
            if !json { print(settings.text) }
            var reports: [BenchmarkReport] = []
            for name in names {
                guard let benchmark = name.benchmark else { continue }
                let report = try await benchmark.run(in: bench)
                bench.sayDone()
                if !json { print(report.text) }
                fflush(nil)
                reports.append(report)
            }
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
                let report = RunReport(settings: settings, benchmarks: reports)
                print(String(decoding: try encoder.encode(report), as: UTF8.self))
            }
        }
    }
}

/// One question about the program, answered by measuring.
protocol Benchmark: Sendable {
    func run(in bench: Bench) async throws -> BenchmarkReport
}
