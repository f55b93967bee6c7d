import Postgres
import TestSupport
import Testing

private struct Insert: Statement {
    var number: Int64
    static let sql = "INSERT INTO public.numbers VALUES ($1)"
    var parameters: [any PostgresEncodable] { [number] }
}

private struct Count: Statement {
    typealias Row = Int64
    static let sql = "SELECT count(*) FROM public.numbers"
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}

private struct EndMySession: Statement {
    static let sql = "SELECT pg_terminate_backend(pg_backend_pid())"
}

/// What was said to be committed is, and what was not said to be is not.
@Suite struct CommitTests {
    private static let unique = "CREATE TABLE public.numbers (n bigint PRIMARY KEY)"
    private static let checkedAtCommit = "CREATE TABLE public.numbers (n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)"

    @Test func aConstraintThatFailsOnlyAtTheCommitIsAnError() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            _ = try await database.query(Self.checkedAtCommit)
            let explicit = await #expect(throws: PostgresError.self) {
                try await database.pool.transaction(Insert(number: 1), Insert(number: 1))
            }
            #expect(explicit?.sqlState == .uniqueViolation)
            let implicit = await #expect(throws: PostgresError.self) {
                try await database.pool.withConnection { try await $0.pipeline(Insert(number: 1), Insert(number: 1)) }
            }
            #expect(implicit?.sqlState == .uniqueViolation)
            let stepwise = await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction { transaction in
                    try await transaction.execute(Insert(number: 1))
                    try await transaction.execute(Insert(number: 1))
                }
            }
            #expect(stepwise?.sqlState == .uniqueViolation)
            #expect(try await database.pool.execute(Count()) == [0])
        }
    }

    @Test func whoFallsSilentInATransactionLosesItAndItsLocks() async throws {
        try await TestDatabase.with(migrated: false) { database in
            _ = try await database.query(Self.unique)
            var impatient = database.configuration
            impatient.idleTransactionLimit = .milliseconds(200)
            let suspended = PostgresPool(impatient, size: 1, logger: .quiet)
            await #expect(throws: PostgresError.self) {
                try await suspended.withTransaction { transaction in
                    try await transaction.execute(Insert(number: 1))
                    // Waits for the other's key until the server has ended that session.
                    try await database.pool.execute(Insert(number: 1))
                    try await transaction.execute(Count())
                }
            }
            #expect(try await database.pool.execute(Count()) == [1])
            await suspended.close()
        }
    }

    @Test func aFailureThatTheBodyKeepsToItselfStillFailsTheTransaction() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            _ = try await database.query(Self.unique)
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction { transaction in
                    try await transaction.execute(Insert(number: 1))
                    _ = try? await transaction.execute(Insert(number: 1))
                }
            }
            #expect(error?.sqlState == .uniqueViolation)
            #expect(try await database.pool.execute(Count()) == [0])
        }
    }

    @Test func aListOfStatementsIsAllOrNothing() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            _ = try await database.query(Self.unique)
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.transaction([Insert(number: 1), Insert(number: 2), Insert(number: 1)])
            }
            #expect(error?.statement == "Insert")
            #expect(error?.constraint == "numbers_pkey")
            #expect(try await database.pool.execute(Count()) == [0])
            try await database.pool.transaction([Insert(number: 1), Insert(number: 2)])
            try await database.pool.withConnection { try await $0.pipeline([Insert(number: 3), Insert(number: 4)]) }
            #expect(try await database.pool.execute(Count()) == [4])
        }
    }

    @Test func aTransactionReadsItsOwnWritesInOneRoundTrip() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            _ = try await database.query(Self.unique)
            let counts = try await database.pool.withTransaction { transaction in
                let (_, first) = try await transaction.pipeline(Insert(number: 1), Count())
                let (_, second) = try await transaction.pipeline(Insert(number: 2), Count())
                return first + second
            }
            #expect(counts == [1, 2])
        }
    }

    @Test func aSessionThatEndsInTheMiddleLosesTheConnectionAndTheTransaction() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            _ = try await database.query(Self.unique)
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction { transaction in
                    try await transaction.execute(Insert(number: 1))
                    try await transaction.commit(with: [EndMySession()])
                }
            }
            #expect(error?.kind == .connectionLost)
            #expect(error?.isRetryable == true)
            #expect(try await database.pool.execute(Count()) == [0])
            let pipelined = await #expect(throws: PostgresError.self) {
                try await database.pool.transaction(Insert(number: 1), EndMySession(), Insert(number: 2))
            }
            #expect(pipelined?.kind == .connectionLost)
            #expect(pipelined?.statement == "EndMySession")
            #expect(try await database.pool.execute(Count()) == [0])
        }
    }

    @Test func nothingFollowsACommit() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            _ = try await database.query(Self.unique)
            await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction { transaction in
                    try await transaction.commit(with: [Insert(number: 1)])
                    try await transaction.execute(Insert(number: 2))
                }
            }
            #expect(try await database.pool.execute(Count()) == [1])
        }
    }

    @Test func aTransactionLeftOpenByALeaseEndsWithIt() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            _ = try await database.query(Self.unique)
            try await database.pool.withConnection { connection in
                try await connection.execute(sql: "BEGIN")
                try await connection.execute(Insert(number: 1))
            }
            #expect(try await database.pool.execute(Count()) == [0])
        }
    }

    @Test func aCancelledTransactionIsRolledBack() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            _ = try await database.query(Self.unique)
            let task = Task {
                try await database.pool.withTransaction { transaction in
                    try await transaction.execute(Insert(number: 1))
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await transaction.execute(Insert(number: 2))
                }
            }
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            #expect(try await database.pool.execute(Count()) == [0])
        }
    }
}
