import Foundation
import HTTP
import TestSupport

/// The real daemon, as a packager ships it but for its surroundings, and the Jira it works with.
struct DaemonProcess: Sendable {
    let program: Program
    let simulator: SimulatorProcess

    /// Runs both for the time of the body; the daemon has registered and sleeps when it begins.
    /// - Parameter concurrency: jobs in hand at once; nil is the daemon's own default.
    static func with<Result: Sendable>(
        concurrency: Int? = nil, on database: BenchDatabase, in bench: Bench,
        _ body: (DaemonProcess) async throws -> Result
    ) async throws -> Result {
        let http = HTTPClient(userAgent: "bench", logger: .quiet)
        let simulator = try await SimulatorProcess.start(
            executable: bench.programs.simulator, isCloud: true, seed: 1, directory: bench.directory,
            name: bench.freshName("simulator"), http: http)
        let daemon = DaemonProcess(program: try program(concurrency, in: bench), simulator: simulator)
        do {
            try daemon.start(on: database, in: bench)
            try await daemon.waitUntilReady(on: database)
            let result = try await body(daemon)
            guard await daemon.program.end(SIGTERM) else {
                throw ConditionNotMet(description: "the daemon did not stop; see \(daemon.program.logPath)")
            }
            await daemon.clearAway(http)
            return result
        } catch {
            await daemon.clearAway(http)
            throw error
        }
    }

    private static func program(_ concurrency: Int?, in bench: Bench) throws -> Program {
        let name = bench.freshName("daemon")
        let file = "\(bench.directory)/\(name).yaml"
        let worker = concurrency.map { "worker: {concurrency: \($0)}\n" } ?? ""
        try (worker + "http: {listen: \"127.0.0.1:0\"}\n").write(toFile: file, atomically: true, encoding: .utf8)
        return Program(
            name: name, executable: bench.programs.daemon, arguments: ["run", "--config", file],
            directory: bench.directory)
    }

    private func start(on database: BenchDatabase, in bench: Bench) throws {
        try program.start(
            environment: simulator.credentials.merging([
                "PATH": "/usr/bin:/bin", "HOME": bench.directory,
                "DATABASE_URL": "host=\(bench.server.directory) user=\(Bench.daemonRole) dbname=\(database.name)",
                "JIRA_BASE_URL": "http://127.0.0.1:\(simulator.port)", "JIRA_DEFAULT_PROJECT_KEY": "COMP",
            ]) { $1 })
    }

    private func waitUntilReady(on database: BenchDatabase) async throws {
        try await eventually(within: .seconds(60), "the daemon works; see \(program.logPath)") {
            if program.reap() != nil { throw ConditionNotMet(description: "the daemon ended; see \(program.logPath)") }
            return try await database.number("SELECT count(*) FROM kushim_jira.workers WHERE state = 'up'") > 0
        }
        try await Task.sleep(for: .seconds(1))
    }

    private func clearAway(_ http: HTTPClient) async {
        if program.isRunning { _ = await program.end(SIGKILL) }
        _ = await simulator.program.end(SIGKILL)
        await http.shutDown()
    }
}
