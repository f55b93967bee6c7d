import Foundation
import Synchronization
import TestSupport

/// What every benchmark works with.
final class Bench: Sendable {
    struct Programs: Sendable {
        var daemon: String
        var simulator: String
        /// This one, which also plays the worker.
        var bench: String
        /// The directory of pgbench's scripts.
        var scripts: String
    }

    let programs: Programs
    let server: PrivatePostgres
    /// Where logs and reports go.
    let directory: String
    /// As asked for; nil is each benchmark's own.
    let jobs: Int?
    /// Jobs in hand at once in a worker that is to do as much as it can: claims and settlements are then batches of some hundred.
    let slots: Int
    /// The same for the daemon; nil is its own default.
    let concurrency: Int?
    /// One of many, and nobody waits for hours.
    let isBrief: Bool
    private let names = Mutex(0)
    private let progress = Progress()

    static let template = "migrated"
    static let daemonRole = "bench_daemon"

    init(programs: Programs, server: PrivatePostgres, directory: String, jobs: Int?, slots: Int?, isBrief: Bool) {
        self.programs = programs
        self.server = server
        self.directory = directory
        self.jobs = jobs
        self.slots = slots ?? 1_000
        concurrency = slots
        self.isBrief = isBrief
    }

    /// - Parameters:
    ///   - usual: by itself.
    ///   - brief: as one of all.
    func size<Value>(_ usual: Value, brief: Value) -> Value { isBrief ? brief : usual }

    func jobs(_ usual: Int, brief: Int) -> Int { jobs ?? size(usual, brief: brief) }

    func say(_ line: String) { progress.say(line) }
    func sayDone() { progress.clear() }

    func freshName(_ kind: String) -> String {
        names.withLock { number in
            number += 1
            return "\(kind)\(number)"
        }
    }

    /// With our schema.
    func withQueue<Result: Sendable>(_ body: (BenchDatabase) async throws -> Result) async throws -> Result {
        try await BenchDatabase.with("queue", template: Self.template, on: server, body)
    }

    /// Empty, for a reference.
    func withReference<Result: Sendable>(_ body: (BenchDatabase) async throws -> Result) async throws -> Result {
        try await BenchDatabase.with("reference", template: "template0", on: server, body)
    }

    /// Makes what `withQueue` copies.
    func prepare() async throws {
        let owner = BenchDatabase("postgres", on: server)
        try await owner.run("CREATE DATABASE \(Self.template)")
        let template = BenchDatabase(Self.template, on: server)
        try await server.migrate(database: Self.template)
        try await template.run("CREATE ROLE \(Self.daemonRole) LOGIN")
        try await template.run("GRANT kushim_jira_worker TO \(Self.daemonRole)")
        await template.close()
        await owner.close()
    }
}

/// Lines on standard error; at a terminal each takes the place of the one before.
private final class Progress: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1

    func say(_ line: String) { write(isTerminal ? "\r\(line)\u{1b}[K" : line + "\n") }
    func clear() { if isTerminal { write("\r\u{1b}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
