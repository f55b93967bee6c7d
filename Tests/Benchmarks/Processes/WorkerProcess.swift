import Foundation
import Glibc
import TestSupport

/// The engine, as seen by whoever measures it.
struct WorkerProcess: Sendable {
    /// Of the jobs it takes.
    static let kind = "compliance_failure"

    let program: Program
    private let reportPath: String

    struct Options: Sendable {
        var slots = 64
        var workers = 1
        var until: Int?
        var work = 0
        var lease = 30
        var records = false
    }

    static func start(_ options: Options = Options(), on database: BenchDatabase, in bench: Bench) throws -> Self {
        try start(
            "worker", on: database, in: bench,
            ["--slots", "\(options.slots)", "--workers", "\(options.workers)", "--work", "\(options.work)"]
                + ["--lease", "\(options.lease)"] + (options.until.map { ["--until", "\($0)"] } ?? [])
                + (options.records ? ["--record"] : []))
    }

    /// The least there can be between an insert and its handler: see FloorCommand.
    static func startFloor(on database: BenchDatabase, in bench: Bench) throws -> Self {
        try start("floor", on: database, in: bench, [])
    }

    private static func start(
        _ command: String, on database: BenchDatabase, in bench: Bench, _ arguments: [String]
    ) throws -> Self {
        let name = bench.freshName(command)
        let report = "\(bench.directory)/\(name).json"
        let program = Program(
            name: name, executable: bench.programs.bench,
            arguments: [command, "--database", database.conninfo, "--report", report] + arguments,
            directory: bench.directory)
        try program.start(environment: ProcessInfo.processInfo.environment)
        return WorkerProcess(program: program, reportPath: report)
    }

    /// Waits until it has ended by itself.
    func finish(within limit: Duration) async throws -> WorkerReport {
        guard await program.end(0, within: limit) else {
            _ = await program.end(SIGKILL)
            throw ConditionNotMet(description: "the worker did not end within \(limit); see \(program.logPath)")
        }
        return try WorkerReport.read(from: reportPath)
    }

    /// Tells it to end.
    func stop() async throws -> WorkerReport {
        program.send(SIGTERM)
        return try await finish(within: .seconds(60))
    }

    func kill() async { _ = await program.end(SIGKILL) }
}
