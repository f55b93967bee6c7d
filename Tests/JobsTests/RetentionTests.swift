import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

@Suite("What is forgotten, and what is not")
struct RetentionTests {
    /// Makes all jobs look as if inserted so long ago. Only their partitions let themselves be changed.
    private func age(_ database: TestDatabase, _ interval: String) async throws {
        _ = try await database.query(
            """
            DO $$
            DECLARE
                part regclass;
            BEGIN
                LOCK TABLE kushim_jira.job_ranges IN SHARE ROW EXCLUSIVE MODE;
                FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'kushim_jira.jobs'::regclass LOOP
                    EXECUTE format('UPDATE %s SET created_at = created_at - %2$L::interval, run_at = run_at - %2$L::interval',
                                   part, '\(interval)');
                END LOOP;
            END
            $$
            """)
    }

    @Test("Old jobs leave with their history, each state after its retention; what is unfinished stays")
    func retention() async throws {
        try await TestDatabase.with { database in
            let worker = {
                database.worker(.quick { $0.retentionInterval = .milliseconds(50) }) { job, _ in
                    job.payload.contains("9") ? .discard(reason: "no") : .completed()
                }
            }
            try await database.enqueue(9)
            let waiting = try await database.enqueue(runAt: "now() + interval '60 days'")
            try await database.running(worker()) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "9")
                _ = try await database.query(
                    "UPDATE kushim_jira.attempts SET ended_at = ended_at - interval '31 days' WHERE job_id <> 8")
                _ = try await database.query(
                    "UPDATE kushim_jira.dead_jobs SET finished_at = finished_at - interval '31 days'")
                try await age(database, "31 days")
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.jobs", toBe: "3")
            }
            #expect(
                try await database.query("SELECT id, state, attempt FROM kushim_jira.job_status ORDER BY 1")
                    == [["8", "completed", "1"], ["9", "discarded", "1"], ["\(waiting[0])", "available", "0"]])
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.attempts") == "2")

            // What comes next has a range of its own; when that goes, so does what only its own retention had kept.
            let next = try await database.enqueue()
            #expect(next[0] > 100_000_000)
            try await database.running(worker()) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "3")
                _ = try await database.query(
                    "UPDATE kushim_jira.dead_jobs SET finished_at = finished_at - interval '335 days'")
                _ = try await database.query("UPDATE kushim_jira.attempts SET ended_at = ended_at - interval '31 days'")
                try await age(database, "31 days")
                try await database.wait(
                    for: "SELECT string_agg(id::text, ',') FROM kushim_jira.jobs", toBe: "\(waiting[0])")
            }
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.dead_jobs") == "0")
        }
    }

    @Test("An insert that is not committed for very long keeps its range")
    func longInsert() async throws {
        try await TestDatabase.with { database in
            let other = try await PostgresConnection.connect(database.configuration, logger: .quiet)
            try await other.execute(sql: "BEGIN")
            try await other.execute(sql: "INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('notification', '{}')")
            try await database.enqueue()
            try await age(database, "31 days")
            let range = "SELECT first FROM kushim_jira.job_ranges ORDER BY first LIMIT 1"
            let first = try await database.value(range)
            let forgetting = Forgetting(pool: database.pool, configuration: .quick())
            try await forgetting.round()
            #expect(try await database.value(range) == first)
            try await other.execute(sql: "COMMIT")
            await other.close()
            try await forgetting.round()
            #expect(try await database.value(range) != first)
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "2")
        }
    }

    @Test("While ranges are exchanged, inserts, claims and completions go on")
    func atWork() async throws {
        try await TestDatabase.with { database in
            let worker = database.worker(.quick { $0.retentionInterval = .milliseconds(20) }) { _, _ in .completed() }
            try await database.running(worker) {
                for _ in 1...8 {
                    try await database.enqueue(50)
                    try await database.waitUntilAllFinished()
                    _ = try await database.query(
                        "UPDATE kushim_jira.attempts SET ended_at = ended_at - interval '31 days'")
                    try await age(database, "31 days")
                }
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.jobs", toBe: "0")
            }
        }
    }
}
