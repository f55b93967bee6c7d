import Postgres
import TestSupport
import Testing

private struct Everything: Statement {
    typealias Row = Int64
    static let sql = "SELECT * FROM public.numbers"
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}

private struct Payload: Statement {
    typealias Row = String
    var text: String
    static let sql = "SELECT $1"
    var parameters: [any PostgresEncodable] { [text] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String { try columns.next() }
}

private struct Broken: Statement {
    static let sql = "SELECT nonsense FROM nowhere"
}

@Suite struct PreparationTests {
    @Test func aStatementWhoseTableChangedIsPreparedAnew() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            _ = try await database.query("CREATE TABLE public.numbers (n int); INSERT INTO public.numbers VALUES (1)")
            #expect(try await database.pool.execute(Everything()) == [1])
            _ = try await database.query("ALTER TABLE public.numbers ALTER n TYPE bigint")
            #expect(try await database.pool.execute(Everything()) == [1])
            _ = try await database.query("ALTER TABLE public.numbers ALTER n TYPE smallint")
            let (rows, _) = try await database.pool.transaction(Everything(), Everything())
            #expect(rows == [1])
            _ = try await database.query("ALTER TABLE public.numbers ALTER n TYPE bigint")
            #expect(try await database.pool.withTransaction { try await $0.execute(Everything()) } == [1])
        }
    }

    @Test func aServerThatForgotItIsToldAgain() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            #expect(try await database.pool.execute(Payload(text: "a")) == ["a"])
            _ = try await database.query("DEALLOCATE ALL")
            #expect(try await database.pool.execute(Payload(text: "b")) == ["b"])
        }
    }

    @Test func whatCannotBePreparedNamesItsStatementAndHarmsNothing() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            for _ in 0..<2 {
                let error = await #expect(throws: PostgresError.self) {
                    try await database.pool.transaction(Payload(text: "a"), Broken(), Payload(text: "b"))
                }
                #expect(error?.sqlState == .undefinedTable)
                #expect(error?.statement == "Broken")
            }
            let rows = try await database.pool.execute(Payload(text: "c"))
            #expect(rows == ["c"])
        }
    }

    @Test func itWorksWithoutPreparedStatements() async throws {
        try await TestDatabase.with(migrated: false) { database in
            var configuration = database.configuration
            configuration.usesPreparedStatements = false
            let connection = try await PostgresConnection.connect(configuration, logger: .quiet)
            let (a, b) = try await connection.pipeline(Payload(text: "a"), Payload(text: "b"))
            #expect(a == ["a"] && b == ["b"])
            #expect(try await connection.text(sql: "SELECT count(*) FROM pg_prepared_statements") == [["0"]])
            await connection.close()
        }
    }

    @Test func aPipelineThatFillsTheSocketsBothWaysFlowsOn() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            let text = String(repeating: "0123456789abcdef", count: 30_000)
            try await database.pool.withConnection { connection in
                try await connection.pipeline((0..<8).map { _ in Payload(text: text) })
                let (a, b, c) = try await connection.pipeline(
                    Payload(text: text), Payload(text: ""), Payload(text: text))
                #expect(a == [text] && b == [""] && c == [text])
            }
        }
    }

    @Test func callsOnOneConnectionTakeTurns() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            let texts = (0..<50).map(String.init)
            let answers = try await database.pool.withConnection { connection in
                try await withThrowingTaskGroup(of: [String].self) { group in
                    for text in texts { group.addTask { try await connection.execute(Payload(text: text)) } }
                    return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
                }
            }
            #expect(answers == Set(texts))
        }
    }
}
