import Postgres
import TestSupport
import Testing

@testable import Compliance

@Suite("The daemon's login")
struct RolesTests {
    @Test(
        "Works with any other role beside the worker's",
        arguments: [
            ["kushim_jira_worker"], ["kushim_jira_worker", "kushim_jira_producer"],
            ["kushim_jira_worker", "kushim_jira_auditor"],
            ["kushim_jira_worker", "kushim_jira_producer", "kushim_jira_auditor"],
        ])
    func combined(roles: [String]) async throws {
        try await Scene.with { scene in
            try await scene.database.withLogin(roles) { _, configuration in
                try await scene.database.reached(by: configuration) { try await expectTickets(scene, $0) }
            }
        }
    }

    @Test("Works as the owner of the database, who is no superuser and no worker")
    func owner() async throws {
        try await Scene.with { scene in
            try await TestDatabase.with(migrated: false) { empty in
                try await empty.withLogin([], ownsDatabase: true) { _, configuration in
                    _ = try await empty.migrate(by: configuration)
                    let own = Scene(
                        database: empty, jira: scene.jira, http: scene.http, configuration: scene.configuration)
                    try await empty.reached(by: configuration) { try await expectTickets(own, $0) }
                }
            }
        }
    }

    private func expectTickets(_ scene: Scene, _ database: TestDatabase) async throws {
        let acting = Scene(database: database, jira: scene.jira, http: scene.http, configuration: scene.configuration)
        for number in 1...3 { try await acting.fail("CC\(number)") }
        try await acting.fail("CC1")
        try await acting.runToTheEnd()
        try await scene.expectExactlyOnce(issues: 3)
        #expect(try await scene.actions() == ["ticket.created": 3, "ticket.deduplicated": 1, "sla.scheduled": 3])
        #expect(
            try await scene.database.value("SELECT count(*) FROM kushim_jira.jobs WHERE kind = 'sla_alert'")
                == scene.database.value("SELECT count(*) FROM kushim_jira.scheduled WHERE kind = 'sla_alert'"))
    }
}
