import Foundation
import Postgres
import TestSupport
import Testing

/// What `enqueue` does for a key that another transaction takes after ours has begun to look.
@Suite("A unique key that two transactions want")
struct UniqueKeyTests {
    enum Isolation: String, CaseIterable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    private static let call = """
        SELECT kushim_jira.enqueue('compliance_pass', 'acme', '{"controlId": "CC6.1"}', unique_key => 'k')
        """

    /// A transaction whose snapshot is taken. It ends in seconds, come what may: what spins would burn the processor.
    private static func begin(_ isolation: Isolation, _ session: PostgresConnection) async throws {
        try await session.execute(sql: "BEGIN ISOLATION LEVEL \(isolation.rawValue)")
        try await session.execute(sql: "SET LOCAL statement_timeout = '20s'")
        _ = try await session.text(sql: "SELECT count(*) FROM kushim_jira.job_status")
    }

    private enum Answer: Equatable {
        case id(String?)
        case refused(SQLState)
    }

    private static func answer(_ session: PostgresConnection) async throws -> Answer {
        do {
            return .id(try await id(session))
        } catch let error as PostgresError {
            guard let state = error.sqlState else { throw error }
            return .refused(state)
        }
    }

    private static func id(_ session: PostgresConnection) async throws -> String? {
        try await session.text(sql: call).first?.first ?? nil
    }

    /// Ids that the body drew.
    private static func drawn(_ database: TestDatabase, _ body: () async throws -> Void) async throws -> Int {
        let drawn = "SELECT last_value FROM kushim_jira.jobs_id_seq"
        let before = Int(try await database.value(drawn) ?? "") ?? 0
        try await body()
        return (Int(try await database.value(drawn) ?? "") ?? 0) - before
    }

    @Test(
        "One that has committed is answered with its id where it can be seen, else the caller is to try again",
        arguments: Isolation.allCases)
    func committed(isolation: Isolation) async throws {
        try await TestDatabase.with { database in
            try await database.withSession { session in
                try await Self.begin(isolation, session)
                let first = try #require(try await database.value(Self.call))
                let drawn = try await Self.drawn(database) {
                    let answer = try await Self.answer(session)
                    #expect(answer == (isolation == .readCommitted ? .id(first) : .refused(.serializationFailure)))
                    try await session.execute(sql: "ROLLBACK")
                    try await Self.begin(isolation, session)
                    #expect(try await Self.id(session) == first, "as every client does after 40001")
                    try await session.execute(sql: "COMMIT")
                }
                #expect(drawn <= 2)
            }
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "1")
        }
    }

    enum Ending: String, CaseIterable { case commit = "COMMIT", rollback = "ROLLBACK" }

    @Test(
        "One that is open is waited for, as a unique index does", arguments: Isolation.allCases, Ending.allCases)
    func open(isolation: Isolation, ending: Ending) async throws {
        try await TestDatabase.with { database in
            try await database.withSession { holder in
                try await holder.execute(sql: "BEGIN")
                let first = try #require(try await Self.id(holder))
                try await database.withSession { session in
                    try await Self.begin(isolation, session)
                    let drawn = try await Self.drawn(database) {
                        async let answer = Self.answer(session)
                        try await database.wait(
                            for: """
                                SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                                  AND wait_event_type = 'Lock' AND strpos(query, 'kushim_jira.enqueue(') > 0
                                """, toBe: "1")
                        try await holder.execute(sql: ending.rawValue)
                        switch (try await answer, ending) {
                        case (.id(let id), .rollback): #expect(id != nil && id != first, "a job of its own")
                        case (.id(let id), .commit): #expect(id == first && isolation == .readCommitted)
                        case (.refused(let state), _):
                            #expect(state == .serializationFailure)
                            #expect(isolation != .readCommitted && ending == .commit)
                        }
                        try await session.execute(sql: "ROLLBACK")
                    }
                    #expect(drawn <= 2)
                }
            }
        }
    }

    @Test("A unique index that is no matter of the key refuses as it does at a plain insert")
    func foreignIndex() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                CREATE TABLE public.once (one integer PRIMARY KEY);
                INSERT INTO public.once VALUES (1);
                CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN INSERT INTO public.once VALUES (1); RETURN NEW; END';
                CREATE TRIGGER refuse BEFORE INSERT ON kushim_jira.jobs FOR EACH ROW EXECUTE FUNCTION public.refuse();
                """)
            try await database.withSession { session in
                try await session.execute(sql: "SET statement_timeout = '20s'")
                let drawn = try await Self.drawn(database) {
                    let answer = try await Self.answer(session)
                    #expect(answer == .refused(.uniqueViolation))
                }
                #expect(drawn <= 1)
            }
        }
    }
}

@Suite("What a producer calls")
struct EnqueueCallTests {
    @Test(
        "The priority is a number of whatever kind",
        arguments: [
            ("priority => 7", "7"), ("priority => 7::smallint", "7"), ("priority => 7::bigint", "7"),
            ("priority => '7'", "7"), ("priority => -100", "-100"), ("priority => NULL", "0"), ("unique_key => 'k'", "0"),
            ("run_at => now(), priority => 3", "3"), ("NULL, 5::smallint, 'k'", "5"), ("'2026-12-01', 5, 'k'", "5"),
        ])
    func priority(arguments: String, expected: String) async throws {
        try await TestDatabase.with { database in
            try await database.withLogin(["kushim_jira_producer"]) { _, configuration in
                try await database.withSession(configuration) { session in
                    let id = try #require(
                        try await session.text(
                            sql: """
                                SELECT kushim_jira.enqueue('compliance_pass', 'acme', '{"controlId": "x"}', \(arguments))
                                """
                        ).first?.first ?? nil)
                    #expect(
                        try await session.text(sql: "SELECT priority FROM kushim_jira.job_status WHERE id = \(id)")
                            == [[expected]])
                }
            }
        }
    }

    @Test("One that is out of range is refused by the rule that a plain insert meets", arguments: ["101", "-101", "70000"])
    func outOfRange(priority: String) async throws {
        try await TestDatabase.with { database in
            let error = await #expect(throws: PostgresError.self) {
                _ = try await database.query(
                    """
                    SELECT kushim_jira.enqueue('compliance_pass', 'acme', '{"controlId": "x"}', priority => \(priority))
                    """)
            }
            #expect(error?.description.contains("priority: -100 to 100") == true)
        }
    }

    /// Statements of the README's first block of SQL for producers.
    private static func examples() throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let section = try #require(readme.components(separatedBy: "## For producers").last)
        let block = try #require(section.components(separatedBy: "```sql\n").dropFirst().first)
        return try #require(block.components(separatedBy: "```").first).components(separatedBy: ";\n")
            .filter { !$0.allSatisfy(\.isWhitespace) }
    }

    @Test("The README's statements work as they are printed")
    func readme() async throws {
        let statements = try Self.examples()
        #expect(statements.count >= 5)
        try await TestDatabase.with { database in
            try await database.withLogin(["kushim_jira_producer"]) { _, configuration in
                try await database.withSession(configuration) { session in
                    for statement in statements { _ = try await session.text(sql: statement) }
                }
            }
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "\(statements.count - 1)")
            #expect(try await database.value("SELECT min(priority) FROM kushim_jira.jobs") == "-10")
        }
    }
}
