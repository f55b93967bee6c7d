import Foundation
package import Logging
import Migrations
package import Postgres
import Synchronization

/// A database of its own for one test, copied from a template that is migrated once for each run of the tests.
package struct TestDatabase: Sendable {
    package let name: String
    package let configuration: PostgresConfiguration
    package let pool: PostgresPool

    package init(name: String, configuration: PostgresConfiguration, pool: PostgresPool) {
        self.name = name
        self.configuration = configuration
        self.pool = pool
    }

    /// - Parameter migrated: false gives an empty database.
    package static func with<Result: Sendable>(
        migrated: Bool = true, poolSize: Int = 8, _ body: @Sendable (TestDatabase) async throws -> Result
    ) async throws -> Result {
        await Places.shared.take()
        do {
            let result = try await open(migrated: migrated, poolSize: poolSize, body)
            await Places.shared.giveBack()
            return result
        } catch {
            await Places.shared.giveBack()
            throw error
        }
    }

    private static func open<Result: Sendable>(
        migrated: Bool, poolSize: Int, _ body: @Sendable (TestDatabase) async throws -> Result
    ) async throws -> Result {
        let name = "t_" + UUID().uuidString.replacing("-", with: "").lowercased()
        let template = migrated ? try await MigratedTemplate.shared.name() : nil
        try await administer("CREATE DATABASE \(name)" + (template.map { " TEMPLATE \($0)" } ?? ""))
        let configuration = try Self.configuration(database: name)
        let database = TestDatabase(
            name: name, configuration: configuration,
            pool: PostgresPool(configuration, size: poolSize, acquisitionLimit: .seconds(20), logger: .quiet))
        do {
            let result = try await body(database)
            await database.drop()
            return result
        } catch {
            await database.drop()
            throw error
        }
    }

    private func drop() async {
        await pool.close()
        try? await Self.administer("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    /// Rows of any SQL as text: for assertions that read like psql.
    package func query(_ sql: String) async throws -> [[String?]] {
        try await pool.withConnection { try await $0.text(sql: sql) }
    }

    /// The first column of the first row.
    package func value(_ sql: String) async throws -> String? {
        try await query(sql).first?.first ?? nil
    }

    /// Asks again and again until the condition holds.
    package func wait(
        for sql: String, toBe expected: String, within limit: Duration = .seconds(120)
    ) async throws {
        try await eventually(within: limit, "\(sql) is \(expected)") { try await value(sql) == expected }
    }

    package static func configuration(database: String) throws -> PostgresConfiguration {
        guard let server = ProcessInfo.processInfo.environment["KUSHIM_TEST_DATABASE_URL"] else {
            throw MissingServer()
        }
        return PostgresConfiguration(conninfo: "\(server) dbname=\(database)", applicationName: "tests")
    }

    package static func administer(_ sql: String) async throws {
        let connection = try await PostgresConnection.connect(try configuration(database: "postgres"), logger: .quiet)
        // Copying a template fails while another copy of it is under way in older servers; tests only wait for each other.
        try await connection.execute(sql: "SET statement_timeout = 0")
        do {
            try await connection.execute(sql: sql)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}

package struct MissingServer: Error, CustomStringConvertible {
    package var description: String {
        "KUSHIM_TEST_DATABASE_URL is not set: run the tests by deploy/test, or give it the keywords of a private server's "
            + "superuser, as in \"host=/tmp/private user=postgres\""
    }
}

package struct ConditionNotMet: Error, CustomStringConvertible {
    package let description: String
    package init(description: String) { self.description = description }
}

/// Polls until the condition holds; there is no other way to await what happens in another process or session. The pauses grow,
/// so that the tests that wait leave the processors to those that work.
package func eventually(
    within limit: Duration = .seconds(120), _ what: String, _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    var pause = Duration.milliseconds(10)
    while try await !condition() {
        guard clock.now < deadline else { throw ConditionNotMet(description: "not within \(limit): \(what)") }
        try await clock.sleep(for: pause)
        pause = min(pause * 1.2, .milliseconds(100))
    }
}

extension Logger {
    package static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Tests run all at once; with a database each, they would have neither connections nor processors enough to keep their limits.
private actor Places {
    static let shared = Places()
    private var free = 24
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

/// Made by whichever test asks first.
private actor MigratedTemplate {
    static let shared = MigratedTemplate()
    private var creation: Task<String, any Error>?

    func name() async throws -> String {
        if let creation { return try await creation.value }
        let creation = Task {
            let name = "template_" + UUID().uuidString.replacing("-", with: "").lowercased()
            try await TestDatabase.administer("CREATE DATABASE \(name)")
            _ = try await Migrator(try TestDatabase.configuration(database: name), logger: .quiet).migrate()
            return name
        }
        self.creation = creation
        return try await creation.value
    }
}
