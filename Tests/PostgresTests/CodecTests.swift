import Foundation
import Postgres
import TestSupport
import Testing

private struct One<Value: PostgresDecodable>: Statement {
    typealias Row = Value
    static var sql: String { "SELECT value FROM public.sample" }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Value { try columns.next() }
}

@Suite struct CodecTests {
    /// Reads what the SQL expression yields as a Swift type.
    private func read<Value: PostgresDecodable>(
        _ expression: String, as _: Value.Type = Value.self
    ) async throws -> Value? {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            _ = try await database.query(
                "CREATE TYPE public.severity AS ENUM ('low', 'high'); CREATE TYPE public.pair AS (a int, b text);"
                    + "CREATE TABLE public.sample AS SELECT \(expression) AS value")
            return try await database.pool.execute(One<Value>()).first
        }
    }

    private func mismatch<Value: PostgresDecodable>(_ expression: String, as _: Value.Type) async throws -> String? {
        do {
            _ = try await read(expression, as: Value.self)
            return nil
        } catch let error as PostgresError where error.kind == .decoding {
            return error.message
        }
    }

    @Test func enumsAndSingleCharactersAreText() async throws {
        #expect(try await read("'high'::public.severity", as: String.self) == "high")
        #expect(try await read("'x'::\"char\"", as: String.self) == "x")
        #expect(try await read("ARRAY['low', 'high']::public.severity[]", as: [String].self) == ["low", "high"])
        #expect(try await mismatch("(1, 'x')::public.pair", as: String.self) != nil)
    }

    @Test func numbersWidenAndNeverNarrow() async throws {
        #expect(try await read("7::smallint", as: Int.self) == 7)
        #expect(try await read("ARRAY[7, NULL]::int[]", as: [Int64?].self) == [7, nil])
        #expect(try await read("0.5::real", as: Double.self) == 0.5)
        #expect(
            try await mismatch("7::bigint", as: Int32.self) == "column value is bigint where Int32 is expected")
        let numeric = try await mismatch("7::numeric", as: Int.self)
        #expect(numeric == "column value is numeric where Int64 is expected")
    }

    @Test func infinityIsAsFarAsADateGoes() async throws {
        #expect(try await read("'infinity'::timestamptz", as: Date.self) == .distantFuture)
        #expect(try await read("'-infinity'::timestamptz", as: Date.self) == .distantPast)
        #expect(
            try await read("'1999-12-31 23:59:59.5+00'::timestamptz", as: Date.self)
                == Date(timeIntervalSince1970: 946_684_799.5))
    }

    @Test func aLengthOfTimeIsAtMostAHundredYears() async throws {
        let century = Duration.seconds(100 * 365.25 * 86_400)
        #expect(try await read("1.5::float8", as: Duration.self) == .milliseconds(1_500))
        for text in ["infinity", "1e308", "9223372036854775807", "1e19"] {
            #expect(try await read("'\(text)'::float8", as: Duration.self) == century)
            #expect(try await read("'-\(text)'::float8", as: Duration?.self) == .zero - century)
        }
        #expect(try await mismatch("'nan'::float8", as: Duration.self) != nil)
    }

    @Test func whatIsNoArrayIsNotReadAsOne() async throws {
        #expect(try await mismatch("'text of some length'::text", as: [String].self) != nil)
        #expect(try await mismatch("ARRAY[[1, 2], [3, 4]]", as: [Int].self) != nil)
        #expect(try await mismatch("ARRAY['a', NULL]", as: [String].self) != nil)
        #expect(try await mismatch("ARRAY['a']", as: [Int].self) != nil)
    }
}
