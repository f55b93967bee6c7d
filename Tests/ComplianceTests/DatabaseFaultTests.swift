import Jira
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

/// What a DBA does to the tables costs failures time, and never an attempt or a ticket.
@Suite("Faults of the database")
struct DatabaseFaultTests {
    static let faults: [(breaks: String, mends: String)] = [
        (
            "REVOKE INSERT ON kushim_jira.tickets FROM kushim_jira_worker",
            "GRANT INSERT ON kushim_jira.tickets TO kushim_jira_worker"
        ),
        (
            "ALTER TABLE kushim_jira.tickets ADD cost_center text NOT NULL",
            "ALTER TABLE kushim_jira.tickets DROP cost_center"
        ),
        (
            "CREATE TABLE public.kept AS TABLE kushim_jira.installation; DELETE FROM kushim_jira.installation",
            "INSERT INTO kushim_jira.installation SELECT * FROM public.kept"
        ),
        // After the issue was created in Jira.
        (
            "REVOKE INSERT ON kushim_jira.audit_log FROM kushim_jira_worker",
            "GRANT INSERT ON kushim_jira.audit_log TO kushim_jira_worker"
        ),
    ]

    @Test("No attempt is lost, and once it is mended each failure has exactly one ticket", arguments: faults.indices)
    func mended(_ index: Int) async throws {
        let fault = Self.faults[index]
        try await Scene.with { scene in
            try await scene.database.withLogin(["kushim_jira_worker"]) { _, configuration in
                try await scene.database.reached(by: configuration) { database in
                    let acting = Scene(
                        database: database, jira: scene.jira, http: scene.http, configuration: scene.configuration)
                    _ = try await scene.database.query(fault.breaks)
                    for number in 1...3 { try await acting.fail("CC\(number)") }
                    try await acting.running(maxAttempts: 1) {
                        try await eventually("all have met with it") {
                            let met = "SELECT count(*) FROM kushim_jira.scheduled WHERE snoozes > 0"
                            if try await scene.database.value(met) == "3" { return true }
                            // Where not even that can be recorded, they stay in hand.
                            return fault.breaks.contains("audit_log") && !scene.jira.issues.isEmpty
                        }
                        _ = try await scene.database.query(fault.mends)
                        try await eventually("all have their tickets") {
                            _ = try await scene.database.query(
                                "UPDATE kushim_jira.scheduled SET run_at = now() WHERE run_at < now() + interval '1 h'")
                            return try await scene.database.value(
                                "SELECT count(*) FROM kushim_jira.finished") == "3"
                        }
                    }
                    #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.dead_letters") == "0")
                    try await scene.expectExactlyOnce(issues: 3)
                }
            }
        }
    }
}
