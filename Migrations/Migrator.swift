package import FoundationEssentials
package import Logging
package import Postgres

/// A known migration, and whether the database has it.
package struct MigrationStatus: Sendable {
    package let migration: Migration
    package let appliedAt: Date?
    /// It was applied with another content.
    package let isChanged: Bool
}

/// How the database stands to this binary.
package enum SchemaState: Sendable, Hashable {
    case current
    /// Nothing of ours is there.
    case absent
    case behind(missing: [String])
    /// A newer release has migrated it.
    case ahead(database: Int, binary: Int)
    case changed(files: [String])
    /// The database keeps its text in an encoding that lacks characters which tickets have, or in none at all.
    case wrongEncoding(String)
}

/// Brings a database to the newest schema: forward only, each migration in a transaction of its own, safely with others
/// that do the same at that moment.
package struct Migrator: Sendable {
    private let configuration: PostgresConfiguration
    private let migrations: [Migration]
    private let logger: Logger
    /// How long `migrate` waits for a lock at a time. Each later session that wants the same table queues behind it.
    private static let lockTimeout = "200ms"
    /// For how long it is tried again.
    private let patience: Duration
    /// Told who is waited for.
    private let onWait: @Sendable (String) -> Void

    package init(
        _ configuration: PostgresConfiguration, migrations: [Migration] = Migrations.all,
        patience: Duration = .seconds(600), logger: Logger, onWait: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.patience = patience
        self.onWait = onWait
        self.configuration = configuration
        self.migrations = migrations
        self.logger = logger
    }

    package func status() async throws -> [MigrationStatus] {
        let applied = try await connected { try await history(on: $0) ?? [] }
        return migrations.map { migration in
            let found = applied.first { $0.version == migration.version }
            return MigrationStatus(
                migration: migration, appliedAt: found?.appliedAt,
                isChanged: found.map { $0.checksum != migration.checksum } ?? false)
        }
    }

    package func check() async throws -> SchemaState {
        try await connected { try await check(on: $0) }
    }

    package func check(on connection: PostgresConnection) async throws -> SchemaState {
        if let encoding = try await wrongEncoding(on: connection) { return .wrongEncoding(encoding) }
        guard let applied = try await history(on: connection), !applied.isEmpty else { return .absent }
        let changed = changed(applied)
        if !changed.isEmpty { return .changed(files: changed.map(\.fileName)) }
        if let newest = applied.last?.version, newest > newestKnown {
            return .ahead(database: newest, binary: newestKnown)
        }
        let missing = missing(applied)
        return missing.isEmpty ? .current : .behind(missing: missing.map(\.fileName))
    }

    /// - Returns: what was applied now, oldest first.
    /// - Throws: `MigrationError`; whatever was applied before it stays applied.
    package func migrate() async throws -> [Migration] {
        try await connected { connection in
            let isNew = try await connection.execute(HistoryExists()).first != true
            if isNew, let encoding = try await wrongEncoding(on: connection) {
                throw MigrationError.wrongEncoding(encoding)
            }
            try await createHistory(on: connection)
            return try await applyAll(on: connection)
        }
    }

    /// Makes the roles, grants and policies that the database lacks, as a restore into a cluster without the roles leaves it, and
    /// enables the triggers that are disabled.
    /// - Returns: what was missing.
    package func repair() async throws -> [String] {
        try await connected { connection in
            let state = try await check(on: connection)
            if case .wrongEncoding(let encoding) = state { throw MigrationError.wrongEncoding(encoding) }
            guard state == .current else {
                throw MigrationError(
                    kind: .failed, message: "the schema is not current: run `kushim-jira migrate` first", cause: nil)
            }
            do {
                return try await inTransaction(on: connection) {
                    _ = try await connection.execute(LockHistory())
                    try await connection.execute(sql: Access.createRoles)
                    let missing = try await missingAccess(on: connection) + sleepingTriggers(on: connection)
                    for line in missing { try await connection.execute(sql: Access.remedy(for: line)) }
                    return missing
                }
            } catch let error as PostgresError {
                throw MigrationError.failed("cannot repair", error)
            }
        }
    }

    /// The grants and policies that the database lacks.
    package func missingAccess(on connection: PostgresConnection) async throws(PostgresError) -> [String] {
        Access.missing(from: try await connection.execute(ReadAccess()))
    }

    /// The triggers that are disabled, each as the statement that enables it.
    package func sleepingTriggers(on connection: PostgresConnection) async throws(PostgresError) -> [String] {
        try await connection.execute(FindSleepingTriggers())
    }

    /// What belongs to another than the owner of the rest, so that the schema's functions may not use it.
    package func strayOwners(on connection: PostgresConnection) async throws(PostgresError) -> [StrayOwner] {
        try await connection.execute(FindStrayOwners())
    }

    /// Of several that find nothing, one makes it; the others wait for that one's commit and are told that it is there.
    private func createHistory(on connection: PostgresConnection) async throws {
        let isThere: Set<SQLState> = [.uniqueViolation, .duplicateTable, .duplicateSchema]
        while true {
            do {
                return try await inTransaction(on: connection) {
                    if try await connection.execute(HistoryExists()).first != true {
                        try await connection.execute(sql: History.create)
                    }
                }
            } catch let error as PostgresError {
                if let state = error.sqlState, isThere.contains(state) { continue }
                throw MigrationError.failed("cannot create the schema kushim_jira", error)
            }
        }
    }

    private func applyAll(on connection: PostgresConnection) async throws -> [Migration] {
        var done: [Migration] = []
        while let migration = try await applyNext(on: connection) {
            logger.info("migrated", metadata: ["migration": "\(migration.fileName)"])
            done.append(migration)
        }
        return done
    }

    private var newestKnown: Int { migrations.last?.version ?? 0 }

    private func applyNext(on connection: PostgresConnection) async throws -> Migration? {
        do {
            return try await inTransaction(on: connection) {
                _ = try await connection.execute(LockHistory())
                return try await apply(nextAfter: connection.execute(ReadHistory()), on: connection)
            }
        } catch let error as PostgresError {
            throw MigrationError.failed("cannot migrate", error)
        }
    }

    private func apply(nextAfter applied: [AppliedMigration], on connection: PostgresConnection) async throws
        -> Migration?
    {
        if let altered = changed(applied).first { throw MigrationError.changed(altered) }
        if let newest = applied.last?.version, newest > newestKnown {
            throw MigrationError.ahead(database: newest, binary: newestKnown)
        }
        guard let next = missing(applied).first else { return nil }
        do {
            try await connection.execute(sql: next.sql)
            _ = try await connection.execute(RecordMigration(migration: next))
        } catch  where !error.isContention {
            throw MigrationError.failed(next.fileName, error)
        }
        return next
    }

    /// Tried again while other sessions hold the locks that it needs. Each later session queues behind a waiting lock, so it waits
    /// for a moment only.
    private func inTransaction<T>(
        on connection: PostgresConnection, _ body: () async throws -> T
    ) async throws -> T {
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(100)
        var told: [String]?
        var looks = 0
        var watch: Task<[String], Never>?
        while true {
            do {
                let result = try await tried(on: connection, body)
                watch?.cancel()
                return result
            } catch let error as PostgresError where error.isContention {
                watch?.cancel()
                let blockers = await watch?.value ?? []
                // Not without their names, as long as there is hope to learn them.
                let hasLooked = !blockers.isEmpty || looks >= 10
                guard !hasLooked || ContinuousClock.now - start < patience else {
                    throw MigrationError.blocked(error, by: blockers, after: patience)
                }
                looks += 1
                if told != blockers, !blockers.isEmpty {
                    onWait("waiting for locks that are held by \(blockers.joined(separator: "; "))")
                    told = blockers
                }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(5))
                let session = try await connection.execute(AskForSession()).first ?? 0
                watch = Task { await Blockers(configuration, logger: logger).watch(session) }
            } catch {
                watch?.cancel()
                throw error
            }
        }
    }

    /// A migration may take longer than a statement of the daemon may, and what it makes stays as its session understood it.
    private func tried<T>(
        on connection: PostgresConnection, _ body: () async throws -> T
    ) async throws -> T {
        try await connection.execute(
            sql: """
                BEGIN ISOLATION LEVEL READ COMMITTED; \(SessionSettings.pinForTransaction);
                SET LOCAL statement_timeout = 0; SET LOCAL client_min_messages = warning;
                SET LOCAL lock_timeout = '\(Self.lockTimeout)'
                """)
        do {
            let result = try await body()
            try await connection.execute(sql: "COMMIT")
            return result
        } catch {
            try? await connection.execute(sql: "ROLLBACK")
            throw error
        }
    }

    /// nil where there is no history: an empty database, or somebody else's.
    private func history(on connection: PostgresConnection) async throws -> [AppliedMigration]? {
        do {
            return try await appliedIfAny(on: connection)
        } catch let error as PostgresError {
            guard error.sqlState == .insufficientPrivilege else { throw error }
            guard let standing = try await connection.execute(AskForWorkerRole()).first else { throw error }
            throw MigrationError(
                kind: .insufficientPrivilege,
                message: "cannot read the schema kushim_jira: \(error); \(standing.remedy)", cause: error)
        }
    }

    private func wrongEncoding(on connection: PostgresConnection) async throws -> String? {
        let encoding = try await connection.execute(AskForEncoding()).first
        return encoding == AskForEncoding.needed ? nil : encoding
    }

    private func appliedIfAny(on connection: PostgresConnection) async throws -> [AppliedMigration]? {
        guard try await connection.execute(HistoryExists()).first == true else { return nil }
        return try await connection.execute(ReadHistory())
    }

    private func connected<T: Sendable>(_ body: (PostgresConnection) async throws -> T) async throws -> T {
        let connection = try await PostgresConnection.connect(configuration, logger: logger)
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    private func changed(_ applied: [AppliedMigration]) -> [Migration] {
        migrations.filter { migration in
            applied.contains { $0.version == migration.version && $0.checksum != migration.checksum }
        }
    }

    private func missing(_ applied: [AppliedMigration]) -> [Migration] {
        migrations.filter { migration in !applied.contains { $0.version == migration.version } }
    }
}

extension PostgresError {
    /// It failed only for what others were doing at that moment.
    fileprivate var isContention: Bool {
        sqlState == .lockNotAvailable || sqlState == .deadlockDetected || sqlState == .serializationFailure
    }
}
