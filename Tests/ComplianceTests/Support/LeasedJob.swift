import Foundation
import Jobs
import Postgres
import TestSupport

@testable import Compliance

extension TestDatabase {
    /// Inserts a failure and puts it into the hands of a worker, as a claim does.
    func leasedFailure(_ control: String = "CC6.1", customer: String = "acme", resource: String? = nil) async throws
        -> ClaimedJob
    {
        var payload = Payload.failure(control)
        payload["resource"] = resource.map { .string($0) }
        let id = try await insert("compliance_failure", payload: payload.json, customer: customer)
        return try await lease(id)
    }

    func insert(_ kind: String, payload: String, customer: String = "acme") async throws -> Int64 {
        let row = InsertJob(kind: kind, customer: customer, payload: PostgresJSON(text: payload))
        return try await pool.execute(row)[0]
    }

    func lease(_ id: Int64) async throws -> ClaimedJob {
        let worker = UUID()
        _ = try await query(
            """
            INSERT INTO kushim_jira.workers (worker_id, name, version, slots, lease, kinds)
            VALUES ('\(worker)', 'test', '0', 1, '30 s', '{}')
            """)
        _ = try await query("DELETE FROM kushim_jira.ready WHERE job_id = \(id)")
        _ = try await query("DELETE FROM kushim_jira.leases WHERE job_id = \(id)")
        let row = try await query(
            """
            INSERT INTO kushim_jira.leases (job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT id, '\(worker)', customer_id, kind, priority, 0, 0, 0 FROM kushim_jira.jobs WHERE id = \(id)
            RETURNING fence, customer_id, kind,
                (SELECT payload FROM kushim_jira.jobs WHERE id = \(id)),
                (SELECT extract(epoch FROM created_at)::text FROM kushim_jira.jobs WHERE id = \(id))
            """)[0]
        return ClaimedJob(
            id: id, kind: row[2] ?? "", customerID: row[1] ?? "", payload: row[3] ?? "",
            fence: Int64(row[0] ?? "") ?? 0,
            createdAt: Date(timeIntervalSince1970: Double(row[4] ?? "") ?? 0))
    }

    /// What settling does to the job, with the effects.
    func settle(_ job: ClaimedJob, as state: String = "completed", _ effects: [any Effect] = []) async throws {
        try await pool.withTransaction { transaction in
            try await transaction.pipeline(statements(writing: effects.map { (job: job, effect: $0) }))
        }
        _ = try await query("DELETE FROM kushim_jira.leases WHERE job_id = \(job.id)")
        _ = try await query(
            state == "completed"
                ? """
                INSERT INTO kushim_jira.attempts (job_id, fence, attempt, worker_id, started_at, outcome)
                VALUES (\(job.id), \(job.fence), 1, gen_random_uuid(), now(), 'completed')
                """
                : "INSERT INTO kushim_jira.dead_jobs (job_id, state, attempt, losses) VALUES (\(job.id), '\(state)', 1, 0)"
        )
    }

    /// The audit log as `action control issue`, in order.
    func audit(_ columns: String = "action") async throws -> [String] {
        try await query("SELECT \(columns) FROM kushim_jira.audit_log ORDER BY id").map {
            $0.map { $0 ?? "-" }.joined(separator: " ")
        }
    }
}

private struct InsertJob: Statement {
    static let sql = """
        INSERT INTO kushim_jira.jobs (kind, customer_id, payload) VALUES ($1, $2, $3) RETURNING id
        """
    let kind: String
    let customer: String
    let payload: PostgresJSON
    var parameters: [any PostgresEncodable] { [kind, customer, payload] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}
