import ArgumentParser
import Foundation
import Jobs
import Logging
import Postgres
import ServiceLifecycle
import TestSupport
import UnixSignals

/// The queue engine in a process of its own, with handlers that do nothing, or just take their time.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

    @Option var database: String
    @Option var slots: Int
    @Option var workers = 1
    @Option(help: "Ends when so many jobs have started.") var until: Int?
    @Option(help: "Milliseconds a job takes.") var work = 0
    @Option(help: "Seconds.") var lease = 30
    @Flag(help: "Notes each start.") var record = false
    @Option(help: "Where the report goes.") var report: String

    func run() async throws {
        let starts = Starts(isRecording: record)
        let reached = AsyncStream.makeStream(of: Void.self)
        let body: @Sendable (ClaimedJob) async throws -> Outcome = { [work, until] job in
            if starts.begin(job) == until { reached.continuation.finish() }
            if work > 0 { try await Task.sleep(for: .milliseconds(work)) }
            starts.end(job)
            return .completed()
        }
        let workers = (0..<workers).map { number in worker(number, body) }
        let enough = Task {
            for await _ in reached.stream {}
            for worker in workers { worker.drain() }
        }
        let group = ServiceGroup(
            configuration: .init(
                services: workers.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm], logger: .quiet))
        try await group.run()
        enough.cancel()
        try WorkerReport(starts.current).write(to: report)
    }

    private func worker(_ number: Int, _ body: @escaping @Sendable (ClaimedJob) async throws -> Outcome) -> Worker {
        let postgres = PostgresConfiguration(conninfo: database, applicationName: "bench worker")
        var configuration = WorkerConfiguration(name: "bench \(number)", version: "bench")
        configuration.slots = slots
        configuration.lease = .seconds(lease)
        configuration.shutdownGrace = .seconds(5)
        return Worker(
            pool: PostgresPool(postgres, size: max(2, 8 / workers), logger: .quiet), postgres: postgres,
            handlers: [Closure(body: body)], configuration: configuration, logger: .quiet)
    }
}

private struct Closure: JobHandler {
    static let kind = WorkerProcess.kind
    let body: @Sendable (ClaimedJob) async throws -> Outcome
    func perform(_ job: ClaimedJob, _ context: JobContext) async throws -> Outcome { try await body(job) }
}

/// What a worker process tells when it has ended.
struct WorkerReport: Codable {
    var jobs: Int
    /// From the first start of a handler to the end of the worker, in seconds.
    var elapsed: Double
    var cpuSeconds: Double
    var peakMegabytes: Double
    var records: [StartRecord]
    var mostAtOnce: [String: Int]

    init(_ starts: Starts.State) {
        jobs = starts.count
        elapsed = starts.first.map { Double(monotonicNanoseconds() - $0.time) / 1_000_000_000 } ?? 0
        cpuSeconds = starts.first.map { Starts.cpuSeconds() - $0.cpu } ?? 0
        peakMegabytes = Starts.peakMegabytes()
        records = starts.records
        mostAtOnce = starts.mostAtOnce
    }

    func write(to path: String) throws {
        try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    static func read(from path: String) throws -> WorkerReport {
        try JSONDecoder().decode(WorkerReport.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
