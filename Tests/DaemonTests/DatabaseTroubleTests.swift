import Logging
import Postgres
import TestSupport
import Testing

@testable import Daemon

/// What a DBA's own settings keep us from is told with what helps.
@Suite struct DatabaseTroubleTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func run(_ arguments: [String], _ configuration: PostgresConfiguration) async throws -> BuiltProgram.Outcome
    {
        try await BuiltProgram.run(arguments, environment: ["DATABASE_URL": configuration.conninfo])
    }

    @Test(arguments: ["LATIN1", "SQL_ASCII", "EUC_JP"])
    func anEncodingThatLacksCharactersOfTicketsIsRefusedBeforeAnythingIsMade(encoding: String) async throws {
        try await TestDatabase.with(migrated: false) { database in
            let name = database.name + "_e"
            try await TestDatabase.administer(
                "CREATE DATABASE \(name) ENCODING '\(encoding)' LOCALE 'C' TEMPLATE template0")
            let configuration = try TestDatabase.configuration(database: name)
            let words = ["encoding is \(encoding)", "ENCODING 'UTF8'", "TEMPLATE template0"]
            for arguments in [["migrate"], ["check"], ["migrate", "--repair"]] {
                let outcome = try await run(arguments, configuration)
                let told = outcome.output + outcome.error
                #expect(outcome.status != 0)
                for word in words { #expect(told.contains(word), "\(arguments): \(told)") }
            }
            let gate = DatabaseGate(postgres: configuration, logger: quiet)
            let failure = await #expect(throws: CommandFailure.self) { try await gate.pass(within: .zero) }
            let told = failure?.description ?? ""
            for word in words { #expect(told.contains(word)) }
            let session = try await PostgresConnection.connect(configuration, logger: quiet)
            let schemas = try await session.text(sql: "SELECT nspname FROM pg_namespace WHERE nspname = 'kushim_jira'")
            await session.close()
            #expect(schemas.isEmpty)
            // The remedy as it is printed, but for the name.
            try await TestDatabase.administer("DROP DATABASE \(name) WITH (FORCE)")
            try await TestDatabase.administer(
                "CREATE DATABASE \(name) ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0")
            #expect(try await run(["migrate"], configuration).status == 0)
            try await TestDatabase.administer("DROP DATABASE \(name) WITH (FORCE)")
        }
    }

    @Test func aLoginThatMayNotReadTheSchemaIsToldWhatHelps() async throws {
        try await PrivatePostgres.with { server in
            try await server.migrate()
            let owner = try await PostgresConnection.connect(server.configuration, logger: quiet)
            try await owner.execute(sql: "CREATE ROLE daemon LOGIN")
            let daemon = PostgresConfiguration(conninfo: "host=\(server.directory) user=daemon dbname=postgres")

            /// What `check` says and what the daemon's log says.
            func told() async throws -> [String] {
                let gate = DatabaseGate(postgres: daemon, logger: quiet)
                let failure = await #expect(throws: CommandFailure.self) { try await gate.pass(within: .zero) }
                return [try await run(["check"], daemon).output, failure?.description ?? ""]
            }

            for words in try await told() {
                #expect(words.contains("GRANT kushim_jira_worker TO daemon") && !words.contains("--repair"), "\(words)")
            }
            try await owner.execute(sql: "GRANT kushim_jira_worker TO daemon")
            #expect(try await run(["check"], daemon).output.contains("may work as kushim_jira_worker"))

            // As a restore with --no-privileges leaves it.
            try await owner.execute(sql: "REVOKE ALL ON SCHEMA kushim_jira FROM kushim_jira_worker")
            for words in try await told() {
                #expect(words.contains("kushim-jira migrate --repair") && !words.contains("GRANT"), "\(words)")
            }
            #expect(try await run(["migrate", "--repair"], server.configuration).status == 0)
            #expect(try await run(["check"], daemon).output.contains("may work as kushim_jira_worker"))

            // As a restore into another cluster leaves it.
            for role in DatabaseRole.allCases {
                try await owner.execute(sql: "DROP OWNED BY \(role.rawValue); DROP ROLE \(role.rawValue)")
            }
            for words in try await told() {
                let repair = try #require(words.firstRange(of: "kushim-jira migrate --repair"), "\(words)")
                let grant = try #require(words.firstRange(of: "GRANT kushim_jira_worker TO daemon"), "\(words)")
                #expect(repair.upperBound < grant.lowerBound)
            }
            let listing = try await run(["jobs", "list"], daemon).error
            #expect(listing.contains("kushim-jira migrate --repair") && listing.contains("GRANT"), "\(listing)")
            #expect(try await run(["migrate", "--repair"], server.configuration).status == 0)
            try await owner.execute(sql: "GRANT kushim_jira_worker TO daemon")
            #expect(try await run(["check"], daemon).output.contains("may work as kushim_jira_worker"))
            await owner.close()
        }
    }

    @Test(arguments: ["ALTER ROLE LOGIN CONNECTION LIMIT 0", "ALTER DATABASE NAME CONNECTION LIMIT 0"])
    func aLimitOfConnectionsIsToldWithWhatRaisesIt(limit: String) async throws {
        try await TestDatabase.with { database in
            try await database.withLogin(["kushim_jira_worker"]) { login, configuration in
                try await TestDatabase.administer(
                    limit.replacing("LOGIN", with: login).replacing("NAME", with: database.name))
                for arguments in [["status"], ["check"], ["jobs", "list"]] {
                    let outcome = try await run(arguments, configuration)
                    let told = outcome.output + outcome.error
                    #expect(told.contains("too many connections for"), "\(told)")
                    let remedy = limit.hasPrefix("ALTER ROLE") ? "ALTER ROLE ... CONN" : "ALTER DATABASE ... CONN"
                    #expect(told.contains(remedy))
                    #expect(told.contains("max_connections") && !told.contains("check DATABASE_URL"), "\(told)")
                }
            }
        }
    }
}
