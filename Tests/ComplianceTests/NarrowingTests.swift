import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

/// What the database keeps from one failure, it keeps from no other; and it costs no ticket, nor makes a second one.
@Suite("One failure that cannot be written")
struct NarrowingTests {
    private func tickets(_ controls: ClosedRange<Int>) -> String {
        let names = controls.map { "'CC\($0)'" }.joined(separator: ", ")
        return "SELECT count(*) FROM kushim_jira.tickets WHERE state = 'open' AND control_id IN (\(names))"
    }

    private func putOn(_ scene: Scene) async throws {
        try await eventually("all failures have come to their end") {
            _ = try await scene.database.query(
                "UPDATE kushim_jira.scheduled SET run_at = now() WHERE run_at BETWEEN now() AND now() + interval '1 h'")
            return try await scene.database.value(
                """
                SELECT count(*) FROM kushim_jira.job_status WHERE kind = 'compliance_failure' AND finished_at IS NULL
                """) == "0"
        }
    }

    /// How far the ticket has come whose row is locked.
    enum Stage: CaseIterable, Sendable {
        case intended, sent, open
    }

    @Test("A stranger's lock on the row of one ticket", arguments: Stage.allCases)
    func lockedTicket(stage: Stage) async throws {
        try await Scene.with { scene in
            // No wait ends by a statement's own time limit.
            var patient = scene.database.configuration
            patient.statementTimeout = nil
            let pool = PostgresPool(patient, size: 12, acquisitionLimit: .seconds(20), logger: .quiet)
            let scene = Scene(
                database: TestDatabase(name: scene.database.name, configuration: patient, pool: pool),
                jira: scene.jira, http: scene.http, configuration: scene.configuration)
            let stranger = try await PostgresConnection.connect(scene.database.configuration, logger: .quiet)
            try await stranger.execute(sql: "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
            switch stage {
            case .intended: try scene.jira.add(fault: "status=503")
            case .sent: try scene.jira.add(fault: "delay-before=1s,operation=createIssue,count=1")
            case .open: break
            }
            try await scene.running {
                try await scene.fail("CC1")
                switch stage {
                case .intended:
                    try await scene.database.wait(for: "SELECT count(*) FROM kushim_jira.tickets", toBe: "1")
                case .sent:
                    try await scene.database.wait(
                        for: "SELECT count(*) FROM kushim_jira.tickets WHERE in_doubt", toBe: "1")
                case .open: try await scene.allFinished()
                }
                try await stranger.execute(sql: "BEGIN; SELECT FROM kushim_jira.tickets FOR UPDATE")
                scene.jira.clearFaults()
                if stage == .open { try await scene.fail("CC1") }
                for number in 2...9 { try await scene.fail("CC\(number)") }
                try await scene.database.wait(for: tickets(2...9), toBe: "8")
                for number in 10...12 { try await scene.fail("CC\(number)") }
                try await scene.database.wait(for: tickets(10...12), toBe: "3")
                try await stranger.execute(sql: "COMMIT")
                try await putOn(scene)
            }
            await stranger.close()
            try await scene.expectExactlyOnce(issues: 12)
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.dead_letters") == "0")
            await pool.close()
        }
    }

    @Test("Records of one control that a constraint of a DBA refuses")
    func refusedRecords() async throws {
        try await Scene.with { scene in
            _ = try await scene.database.query(
                "ALTER TABLE kushim_jira.audit_log ADD CONSTRAINT not_this CHECK (control_id <> 'CC1') NOT VALID")
            try await scene.running(maxAttempts: 1) {
                for number in 1...5 { try await scene.fail("CC\(number)") }
                try await scene.database.wait(for: tickets(2...5), toBe: "4")
                try await eventually("the ticket that cannot be recorded was made") { scene.jira.issues.count == 5 }
                for number in 6...8 { try await scene.fail("CC\(number)") }
                try await scene.database.wait(for: tickets(6...8), toBe: "3")
                _ = try await scene.database.query("ALTER TABLE kushim_jira.audit_log DROP CONSTRAINT not_this")
                try await putOn(scene)
            }
            try await scene.expectExactlyOnce(issues: 8)
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.dead_letters") == "0")
        }
    }
}
