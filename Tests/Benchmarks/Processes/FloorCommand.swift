import ArgumentParser
import Foundation
import Postgres
import TestSupport
import UnixSignals

/// The least a worker can do: listen, take one row by one statement, and note when it has it.
struct FloorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "floor", shouldDisplay: false)

    @Option var database: String
    @Option var report: String

    func run() async throws {
        let postgres = PostgresConfiguration(conninfo: database, applicationName: "bench floor")
        let connection = try await PostgresConnection.connect(postgres, logger: .quiet)
        let listener = PostgresListener(postgres, channel: "bench_floor", logger: .quiet)
        let listening = Task { try await listener.run() }
        let signals = await UnixSignalsSequence(trapping: .sigterm)
        let termination = Task {
            for await _ in signals { listening.cancel() }
        }
        var records: [StartRecord] = []
        for await case .notification in listener.events {
            guard let sent = try await connection.execute(TakeOneRow()).first else { continue }
            records.append(StartRecord(sent: sent, started: monotonicNanoseconds(), customer: ""))
        }
        termination.cancel()
        var starts = Starts.State()
        starts.count = records.count
        starts.records = records
        try WorkerReport(starts).write(to: report)
    }
}

private struct TakeOneRow: Statement {
    static let sql = """
        DELETE FROM public.floor WHERE id = (SELECT id FROM public.floor ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING (payload ->> 'sent')::bigint
        """
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}
