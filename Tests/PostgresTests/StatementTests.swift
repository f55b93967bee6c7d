import Foundation
import Postgres
import TestSupport
import Testing

private struct Echo<Value: PostgresCodable & Equatable>: Statement {
    typealias Row = Value

    var value: Value
    static var sql: String { "SELECT $1" }
    var parameters: [any PostgresEncodable] { [value] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Value { try columns.next() }
}

private struct Number: Statement {
    typealias Row = Int64

    var number: Int64
    static let sql = "SELECT $1::bigint AS number"
    var parameters: [any PostgresEncodable] { [number] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}

private struct Insert: Statement {
    var number: Int64
    static let sql = "INSERT INTO public.numbers VALUES ($1)"
    var parameters: [any PostgresEncodable] { [number] }
}

private struct Sleep: Statement {
    static let sql = "SELECT FROM pg_sleep(60)"
}

private struct WrongType: Statement {
    typealias Row = Bool

    static let sql = "SELECT 'text'::text AS answer"
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool { try columns.next() }
}

private struct UnexpectedNull: Statement {
    typealias Row = String

    static let sql = "SELECT NULL::text AS answer"
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String { try columns.next() }
}

@Suite struct StatementTests {
    private func check<Value: PostgresCodable & Equatable>(_ value: Value, _ connection: PostgresConnection)
        async throws
    {
        let back = try await connection.execute(Echo(value: value))
        #expect(back == [value])
    }

    @Test func valuesComeBackAsTheyWent() async throws {
        try await TestDatabase.with(migrated: false) { database in
            try await database.pool.withConnection { connection in
                try await check(true, connection)
                try await check(Int16.min, connection)
                try await check(Int32.max, connection)
                try await check(Int64.min, connection)
                try await check(-0.5, connection)
                try await check("quotes ' \" \\ braces {} 👩‍👩‍👧 \u{202e}", connection)
                try await check("", connection)
                try await check(String?.none, connection)
                try await check(UUID(), connection)
                try await check(Date(timeIntervalSince1970: 1_795_000_000.25), connection)
                try await check(PostgresJSON(text: #"{"a": [1, null]}"#), connection)
                try await check(PostgresBytes([0, 1, 255]), connection)
                try await check(["a", "", "{},\"\\"], connection)
                try await check([String?]([nil, "NULL", "b"]), connection)
                try await check([Int64](), connection)
                try await check([Int64]([1, -1]), connection)
                try await check([PostgresBytes([7])], connection)
            }
        }
    }

    @Test func intervalsAreLengthsOfTime() async throws {
        struct Seconds: Statement {
            typealias Row = Double
            static let sql = "SELECT extract(epoch FROM $1::interval)::float8"
            var parameters: [any PostgresEncodable] { [PostgresInterval(.milliseconds(90_500))] }
            static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Double { try columns.next() }
        }
        try await TestDatabase.with(migrated: false) { database in
            let seconds = try await database.pool.execute(Seconds())
            #expect(seconds == [90.5])
        }
    }

    @Test func decodingErrorsNameStatementAndColumn() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let wrong = await #expect(throws: PostgresError.self) { try await database.pool.execute(WrongType()) }
            #expect(wrong?.description == "WrongType: column answer is text where Bool is expected")
            let null = await #expect(throws: PostgresError.self) { try await database.pool.execute(UnexpectedNull()) }
            #expect(null?.description == "UnexpectedNull: column answer is NULL where String is expected")
        }
    }

    @Test func violationsNameTheConstraintAndKeepTheValueToThemselves() async throws {
        try await TestDatabase.with(migrated: false) { database in
            _ = try await database.query(
                #"CREATE TABLE public.numbers (n bigint CONSTRAINT "n: below 10" CHECK (n < 10))"#)
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.execute(Insert(number: 4711))
            }
            #expect(error?.sqlState == .checkViolation)
            #expect(error?.constraint == "n: below 10")
            #expect(error?.description.contains("4711") == false)
        }
    }

    @Test func aPipelineIsAllOrNothing() async throws {
        try await TestDatabase.with(migrated: false) { database in
            _ = try await database.query("CREATE TABLE public.numbers (n bigint PRIMARY KEY)")
            let (first, second) = try await database.pool.transaction(Number(number: 1), Number(number: 2))
            #expect(first == [1] && second == [2])
            await #expect(throws: PostgresError.self) {
                try await database.pool.transaction(Insert(number: 1), Insert(number: 1))
            }
            #expect(try await database.value("SELECT count(*) FROM public.numbers") == "0")
            _ = try await database.pool.transaction(Insert(number: 1), Insert(number: 2))
            #expect(try await database.value("SELECT count(*) FROM public.numbers") == "2")
        }
    }

    @Test func aTransactionRollsBackWhenItsBodyThrows() async throws {
        struct Refusal: Error {}
        try await TestDatabase.with(migrated: false) { database in
            _ = try await database.query("CREATE TABLE public.numbers (n bigint PRIMARY KEY)")
            await #expect(throws: Refusal.self) {
                try await database.pool.withTransaction { transaction in
                    _ = try await transaction.execute(Insert(number: 1))
                    throw Refusal()
                }
            }
            #expect(try await database.value("SELECT count(*) FROM public.numbers") == "0")
            try await database.pool.withTransaction { transaction in
                _ = try await transaction.execute(Insert(number: 1))
                try await transaction.commit(with: [Insert(number: 2), Insert(number: 3)])
            }
            #expect(try await database.value("SELECT count(*) FROM public.numbers") == "3")
        }
    }

    @Test func aCancelledTaskCancelsItsStatementAndTheConnectionServesOn() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            let sleeper = Task { try await database.pool.execute(Sleep()) }
            try await eventually("the statement runs") {
                let connection = try await PostgresConnection.connect(database.configuration, logger: .quiet)
                let running = try await connection.text(
                    sql:
                        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid()"
                )
                await connection.close()
                return running == [["1"]]
            }
            sleeper.cancel()
            let error = await #expect(throws: PostgresError.self) { try await sleeper.value }
            #expect(error?.kind == .cancelled)
            #expect(try await database.pool.execute(Number(number: 5)) == [5])
        }
    }
}
