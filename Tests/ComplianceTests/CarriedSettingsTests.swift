import Postgres
import TestSupport
import Testing

@testable import Compliance

/// A role and a database carry settings into every session; none may change what our SQL means.
@Suite("Whatever the role and the database carry")
struct CarriedSettingsTests {
    @Test("Failures become tickets, once each", arguments: CarriedSettings.rounds)
    func direct(round: Int) async throws {
        try await Scene.with { scene in
            try await HostileSchema.build(in: scene.database)
            try await scene.database.withLogin(["kushim_jira_worker"]) { login, configuration in
                try await CarriedSettings.give(round, to: login, in: scene.database)
                try await scene.database.reached(by: configuration) { try await expectTickets(scene, $0) }
            }
        }
    }

    @Test(
        "Behind PgBouncer in transaction mode too",
        .enabled(if: PrivatePgBouncer.isInstalled, "pgbouncer is not installed"),
        arguments: CarriedSettings.rounds)
    func pooled(round: Int) async throws {
        try await Scene.with { scene in
            try await HostileSchema.build(in: scene.database)
            try await CarriedSettings.give(round, to: nil, in: scene.database)
            try await PrivatePgBouncer.with(scene.database) { configuration in
                try await scene.database.reached(by: configuration) { try await expectTickets(scene, $0) }
            }
        }
    }

    private func expectTickets(_ scene: Scene, _ database: TestDatabase) async throws {
        let acting = Scene(database: database, jira: scene.jira, http: scene.http, configuration: scene.configuration)
        for number in 1...4 { try await scene.fail("CC\(number)", severity: ["critical", "high"][number % 2]) }
        try await scene.fail("CC1")
        try await acting.running { try await scene.allFinished() }
        _ = try await scene.database.insert("compliance_pass", payload: #"{"controlId": "CC2"}"#)
        try await acting.running { try await scene.allFinished() }
        try await scene.expectExactlyOnce(issues: 4)
        #expect(
            try await scene.actions() == [
                "ticket.created": 4, "ticket.deduplicated": 1, "sla.scheduled": 4, "ticket.commented": 1,
            ])
        let hours = "SELECT DISTINCT extract(epoch FROM due_at - failed_at) / 3600 FROM kushim_jira.tickets ORDER BY 1"
        #expect(try await scene.database.query(hours).count == 2)
    }

    @Test("A login whose sessions fire no triggers is refused with the remedy")
    func replica() async throws {
        try await TestDatabase.with { database in
            try await database.withLogin(["kushim_jira_worker"]) { login, configuration in
                _ = try await database.query("ALTER ROLE \(login) SET session_replication_role = replica")
                let error = await #expect(throws: PostgresError.self) {
                    try await database.withSession(configuration) { _ in }
                }
                #expect(error?.description.contains("RESET session_replication_role") == true)
            }
        }
    }
}
