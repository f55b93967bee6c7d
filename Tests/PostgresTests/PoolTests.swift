import Foundation
import Logging
import Postgres
import Synchronization
import TestSupport
import Testing

private struct One: Statement {
    typealias Row = Int64
    static let sql = "SELECT 1"
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}

/// Opens once, for all who wait.
private actor Gate {
    private var isOpen = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    func wait() async {
        if !isOpen { await withCheckedContinuation { waiters.append($0) } }
    }

    func open() {
        isOpen = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }
}

private actor Record<Entry: Sendable> {
    private(set) var entries: [Entry] = []

    func append(_ entry: Entry) {
        entries.append(entry)
    }
}

@Suite struct PoolTests {
    @Test func connectionsAreLentInTheOrderOfAsking() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            let order = Record<Int>()
            let gate = Gate()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<10 {
                    let isWaiting = Gate()
                    group.addTask(priority: number.isMultiple(of: 2) ? .high : .low) {
                        if number > 0 { await isWaiting.open() }
                        try await database.pool.withConnection { _ in
                            await order.append(number)
                            if number == 0 {
                                await isWaiting.open()
                                await gate.wait()
                            }
                        }
                    }
                    await isWaiting.wait()
                    try await eventually("it waits") { database.pool.waiting == number }
                }
                await gate.open()
                try await group.waitForAll()
            }
            #expect(await order.entries == Array(0..<10))
        }
    }

    @Test func whoFindsAllInUseIsToldSoInTime() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let pool = PostgresPool(
                database.configuration, size: 1, acquisitionLimit: .milliseconds(50), logger: .quiet)
            try await pool.waitUntilReachable()
            let error = try await pool.withConnection { _ in
                await #expect(throws: PostgresError.self) { try await pool.execute(One()) }
            }
            #expect(error?.kind == .timedOut)
            #expect(error?.description.contains("all 1 of the pool are in use") == true)
            #expect(try await pool.execute(One()) == [1])
            await pool.close()
        }
    }

    @Test func whoCannotConnectInTimeGetsTheReason() async throws {
        let configuration = PostgresConfiguration(conninfo: "host=127.0.0.1 port=1 user=x")
        let pool = PostgresPool(configuration, size: 4, acquisitionLimit: .milliseconds(100), logger: .quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    // A busy machine may not get round to the first attempt in the time.
                    try await eventually("the reason is told") {
                        do {
                            try await pool.ping()
                            return false
                        } catch let error as PostgresError {
                            return error.kind == .cannotConnect && error.message.contains("refused")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        await pool.close()
    }

    @Test func refusedCredentialsAreToldToEveryWaiterAtOnce() async throws {
        try await PrivatePostgres.with { server in
            let owner = PostgresPool(server.configuration, size: 1, logger: .quiet)
            try await owner.withConnection { try await $0.execute(sql: "CREATE ROLE guarded LOGIN PASSWORD 'right'") }
            try await server.setAccessRules("local all guarded scram-sha-256\nlocal all all trust")
            let configuration = PostgresConfiguration(
                conninfo: "host=\(server.directory) user=guarded dbname=postgres password=wr0ng")
            let pool = PostgresPool(configuration, size: 2, acquisitionLimit: .seconds(600), logger: .quiet)
            await withTaskGroup(of: PostgresError?.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        do {
                            try await pool.waitUntilReachable()
                            return nil
                        } catch {
                            return error as? PostgresError
                        }
                    }
                }
                for await error in group {
                    #expect(error?.kind == .refusedCredentials)
                    #expect(error?.isRetryable == false)
                    #expect(error.map { "\($0)".contains("wr0ng") } == false)
                }
            }
            await pool.close()
            await owner.close()
        }
    }

    @Test func itWaitsForAServerThatStartsLater() async throws {
        try await PrivatePostgres.with { server in
            try await server.stop("immediate")
            let pool = PostgresPool(server.configuration, size: 2, acquisitionLimit: .milliseconds(100), logger: .quiet)
            async let reached: Void = pool.waitUntilReachable()
            try await server.start()
            try await reached
            #expect(try await pool.execute(One()) == [1])
            await pool.close()
        }
    }

    @Test func closingWaitsForLeases() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let pool = PostgresPool(database.configuration, size: 2, logger: .quiet)
            let gate = Gate()
            let isLent = Gate()
            let events = Record<String>()
            async let lease: Void = pool.withConnection { connection in
                await isLent.open()
                await gate.wait()
                try await connection.ping()
                await events.append("served")
            }
            await isLent.wait()
            async let closing: Void = { () async in
                await pool.close()
                await events.append("closed")
            }()
            try await eventually("the pool lends nothing any more") {
                do {
                    try await pool.withConnection { _ in }
                    return false
                } catch let error as PostgresError {
                    return error.kind == .poolClosed
                }
            }
            await gate.open()
            try await lease
            await closing
            #expect(await events.entries == ["served", "closed"])
        }
    }

    @Test func runningEndsWithItsTask() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let pool = PostgresPool(database.configuration, size: 2, logger: .quiet)
            let running = Task { try await pool.run() }
            #expect(try await pool.execute(One()) == [1])
            running.cancel()
            try await running.value
            let error = await #expect(throws: PostgresError.self) { try await pool.execute(One()) }
            #expect(error?.kind == .poolClosed)
        }
    }

    @Test func noticesGoToTheLog() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let lines = Lines()
            let logger = Logger(label: "test") { _ in lines }
            let connection = try await PostgresConnection.connect(database.configuration, logger: logger)
            try await connection.execute(sql: "DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$")
            #expect(lines.all.contains { $0.contains("mind the gap") })
            await connection.close()
        }
    }
}

private final class Lines: LogHandler {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
