import Foundation
import HTTP
import Logging
import Migrations
import NIOCore
import NIOPosix
import Postgres
import TestSupport

/// Several daemons on one PostgreSQL and one Jira, with links between them that can be broken.
struct World: Sendable {
    let directory: String
    let database: DatabaseCluster
    /// Nil where the database's clock is right.
    let databaseClock: DatabaseClock?
    let simulator: SimulatorProcess
    let daemons: [DaemonUnderTest]
    /// One for all daemons: they name Jira by the same address.
    let jira: FlakyLink
    let http: HTTPClient
    /// The owner's, past all that is broken.
    let owner: PostgresPool
    let producer: PostgresPool

    struct Programs: Sendable {
        var daemon: String
        var simulator: String
        var fakeTime: String
    }

    /// - Parameter kinds: what is to go wrong, as far as the world must be made for it.
    static func with<Result: Sendable>(
        _ programs: Programs, isCloud: Bool, seed: UInt64, kinds: Set<FaultKind>, directory: String,
        _ body: @Sendable (World) async throws -> Result
    ) async throws -> Result {
        let settings =
            ["max_connections=200", "log_lock_waits=on", "log_line_prefix=%m_%a_"]
            + (kinds.contains(.publication) ? ["wal_level=logical"] : [])
        let clock =
            try kinds.contains(.clock) ? DatabaseClock(directory: directory, libraries: programs.fakeTime) : nil
        return try await PrivatePostgres.with(settings: settings, environment: clock?.environment ?? [:]) { primary in
            try await prepare(primary)
            guard kinds.contains(.standby) else {
                return try await with(
                    DatabaseCluster([primary]), clock, programs, isCloud: isCloud, seed: seed, directory: directory,
                    body)
            }
            return try await primary.withStandby(settings: settings) { standby in
                try await with(
                    DatabaseCluster([primary, standby]), clock, programs, isCloud: isCloud, seed: seed,
                    directory: directory, body)
            }
        }
    }

    private static func with<Result: Sendable>(
        _ database: DatabaseCluster, _ databaseClock: DatabaseClock?, _ programs: Programs, isCloud: Bool, seed: UInt64,
        directory: String, _ body: @Sendable (World) async throws -> Result
    ) async throws -> Result {
        let group = MultiThreadedEventLoopGroup.singleton
        let http = HTTPClient(userAgent: "chaos", logger: .quiet)
        let simulator = try await SimulatorProcess.start(
            executable: programs.simulator, isCloud: isCloud, seed: seed, directory: directory, http: http)
        try await simulator.beAwkward()
        let jira = try await FlakyLink.open(
            to: SocketAddress(ipAddress: "127.0.0.1", port: simulator.port), on: group)
        var daemons: [DaemonUnderTest] = []
        for number in 1...3 {
            var links: [FlakyLink] = []
            for server in database.servers {
                links.append(
                    try await FlakyLink.open(
                        to: SocketAddress(unixDomainSocketPath: "\(server.directory)/.s.PGSQL.5432"), on: group))
            }
            // For one of them the standby stands first in the list.
            if number == 2 { links.reverse() }
            daemons.append(
                try DaemonUnderTest(
                    number: number, executable: programs.daemon, databases: links, jiraPort: jira.port,
                    credentials: simulator.credentials, directory: directory, fakeTime: programs.fakeTime))
        }
        let world = World(
            directory: directory, database: database, databaseClock: databaseClock, simulator: simulator,
            daemons: daemons, jira: jira, http: http, owner: pool(database, user: "kushim"),
            producer: pool(database, user: producerRole))
        do {
            let result = try await body(world)
            await world.end()
            return result
        } catch {
            await world.end()
            throw error
        }
    }

    static let producerRole = "kushim_chaos_producer"

    private static func prepare(_ postgres: PrivatePostgres) async throws {
        let connection = try await PostgresConnection.connect(postgres.configuration, logger: .quiet)
        _ = try await connection.text(sql: "CREATE DATABASE chaos")
        await connection.close()
        var configuration = postgres.configuration
        configuration.conninfo = "host=\(postgres.directory) user=kushim dbname=chaos"
        _ = try await Migrator(configuration, logger: .quiet).migrate()
        let owner = try await PostgresConnection.connect(configuration, logger: .quiet)
        let roles = (1...3).flatMap { number in
            let role = DaemonUnderTest.role(number)
            return ["CREATE ROLE \(role) LOGIN", "GRANT kushim_jira_worker TO \(role)"]
        }
        for statement in roles + [
            "CREATE ROLE \(producerRole) LOGIN", "GRANT kushim_jira_producer TO \(producerRole)",
        ] + slowMarks + [producerRole, "kushim"].flatMap({ DatabaseSettings.keeping($0, in: "chaos") }) {
            _ = try await owner.text(sql: statement)
        }
        await owner.close()
    }

    /// A disk that is slow when it is asked to be.
    private static let slowMarks = [
        "CREATE TABLE public.slow (role name PRIMARY KEY)", "GRANT SELECT ON public.slow TO kushim_jira_worker",
        """
        CREATE FUNCTION public.be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM public.slow WHERE role = session_user) THEN PERFORM pg_sleep(0.4); END IF;
            RETURN NEW;
        END
        $$
        """,
        """
        CREATE TRIGGER be_slow BEFORE UPDATE OF sends ON kushim_jira.tickets FOR EACH ROW EXECUTE FUNCTION public.be_slow()
        """,
    ]

    /// Returns while a daemon waits for the ledger to call its create request sent, or when there was none for a while.
    func catchMarking(_ daemon: Int) async throws {
        let role = DaemonUnderTest.role(daemon + 1)
        _ = try await rows("INSERT INTO public.slow VALUES ('\(role)') ON CONFLICT DO NOTHING")
        let end = ContinuousClock.now + .seconds(5)
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = '\(role)' AND wait_event = 'PgSleep'"
        while ContinuousClock.now < end, try await value(sql) == 0 {
            try await Task.sleep(for: .milliseconds(15))
        }
        _ = try await rows("DELETE FROM public.slow")
    }

    private static func pool(_ database: DatabaseCluster, user: String) -> PostgresPool {
        PostgresPool(
            PostgresConfiguration(
                conninfo: "\(database.hosts) user=\(user) dbname=chaos", applicationName: "chaos"),
            size: 4, logger: .quiet)
    }

    private func end() async {
        for daemon in daemons {
            daemon.program.send(SIGCONT)
            _ = await daemon.program.end(SIGKILL)
            for link in daemon.databases { await link.close() }
        }
        simulator.program.send(SIGCONT)
        _ = await simulator.program.end(SIGKILL)
        await jira.close()
        await owner.close()
        await producer.close()
        await http.shutDown()
        for (number, server) in database.servers.enumerated() {
            try? FileManager.default.copyItem(
                atPath: "\(server.directory)/data/server.log", toPath: "\(directory)/postgres\(number + 1).log")
        }
    }

    /// Rows as text, past everything that is broken; asks again while PostgreSQL is away.
    func rows(_ sql: String) async throws -> [[String?]] {
        for _ in 0..<100 {
            do {
                return try await owner.withConnection { try await $0.text(sql: sql) }
            } catch let error as PostgresError where error.isRetryable {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        return try await owner.withConnection { try await $0.text(sql: sql) }
    }

    /// What PostgreSQL's sessions are at, for whoever looks into a run that did not end.
    func saveActivity() async {
        let sql = """
            SELECT a.pid, a.usename, a.state, a.wait_event_type, a.wait_event, clock_timestamp() - a.xact_start,
                   pg_blocking_pids(a.pid), left(a.query, 200), l.relation::regclass, l.mode, l.granted
            FROM pg_stat_activity a LEFT JOIN pg_locks l USING (pid) WHERE a.datname = 'chaos' ORDER BY a.pid
            """
        let jobs =
            "SELECT * FROM kushim_jira.job_status WHERE state IN ('available', 'running') AND kind LIKE 'compliance%'"
        let places =
            "SELECT 'ready', to_jsonb(r) FROM kushim_jira.ready r UNION ALL SELECT 'lease', to_jsonb(l) FROM kushim_jira.leases l"
        var text = ""
        for statement in [sql, jobs, places, "TABLE kushim_jira.workers", "TABLE kushim_jira.gates"] {
            let rows = (try? await rows(statement)) ?? []
            text += rows.map { $0.map { $0 ?? "-" }.joined(separator: " | ") }.joined(separator: "\n") + "\n\n"
        }
        try? text.write(toFile: "\(directory)/activity.txt", atomically: true, encoding: .utf8)
    }

    func endSessions(of role: String) async throws {
        _ = try await rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '\(role)'")
    }

    /// A connection is shut that a reload tries at once.
    func hasShutGate() async throws -> Bool {
        try await value("SELECT count(*) FROM kushim_jira.gates WHERE cause <> 'rate_limited'") > 0
    }

    func value(_ sql: String) async throws -> Int {
        Int(try await rows(sql).first?.first.flatMap { $0 } ?? "") ?? 0
    }
}
