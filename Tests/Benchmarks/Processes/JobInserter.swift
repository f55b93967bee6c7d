import Foundation
import Jira
import Postgres

/// Inserts jobs at a steady rate, each with the time just before its insert in the payload.
struct JobInserter: Sendable {
    enum Place: Sendable { case queue, floor }

    let database: BenchDatabase
    var place = Place.queue

    /// One a commit. A slow insert makes none of the later ones late for good: what was due meanwhile follows at once.
    /// - Parameter customer: of the job with this number.
    func insert(
        _ count: Int, perSecond rate: Double, customer: @Sendable (Int) -> String = { _ in "customer-0" }
    ) async throws {
        try await database.withConnection { connection in
            let began = ContinuousClock.now
            for number in 0..<count {
                try await Task.sleep(until: began + .seconds(1) * (Double(number) / rate))
                let customer = customer(number)
                switch place {
                case .queue: _ = try await connection.execute(InsertIntoQueue(customer: customer))
                case .floor: _ = try await connection.execute(InsertIntoFloor(customer: customer))
                }
            }
        }
    }

    /// Many a commit, five milliseconds after each other.
    /// - Returns: how many were inserted in a second.
    func insertBatches(perSecond rate: Double, for time: Duration, customers: Int) async throws -> Double {
        try await database.withConnection { connection in
            let began = ContinuousClock.now
            var inserted = 0
            while case let passed = began.duration(to: .now), passed < time {
                let due = Int(rate * (passed / .seconds(1)))
                if due > inserted {
                    _ = try await connection.execute(
                        InsertManyIntoQueue(count: min(due - inserted, 5_000), customers: customers))
                    inserted += min(due - inserted, 5_000)
                }
                try await Task.sleep(for: .milliseconds(5))
            }
            return Double(inserted) / (began.duration(to: .now) / .seconds(1))
        }
    }
}

extension JobInserter {
    /// As many as can be inserted, in batches of the size that comes of five milliseconds' pause.
    /// - Returns: how many.
    func insertAsFastAsPossible(for time: Duration, customers: Int) async throws -> Int {
        try await database.withConnection { connection in
            let end = ContinuousClock.now + time
            var inserted = 0
            while .now < end {
                _ = try await connection.execute(InsertManyIntoQueue(count: 250, customers: customers))
                inserted += 250
            }
            return inserted
        }
    }
}

private func payload() -> PostgresJSON {
    PostgresJSON(
        text: """
            {"controlId": "AWS_IAM_MFA", "controlTitle": "IAM MFA Enforcement", "severity": "high", \
            "failureReason": "6 of 14 IAM users have no MFA device", "sent": \(monotonicNanoseconds())}
            """)
}

private struct InsertIntoQueue: Statement {
    static let sql =
        "INSERT INTO kushim_jira.jobs (kind, customer_id, payload) VALUES ('\(WorkerProcess.kind)', $1, $2)"
    let customer: String
    var parameters: [any PostgresEncodable] { [customer, payload()] }
}

private struct InsertIntoFloor: Statement {
    static let sql = "INSERT INTO public.floor (customer_id, payload) VALUES ($1, $2)"
    let customer: String
    var parameters: [any PostgresEncodable] { [customer, payload()] }
}

private struct InsertManyIntoQueue: Statement {
    static let sql = """
        INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
        SELECT '\(WorkerProcess.kind)', 'customer-' || n % $2, $3 FROM generate_series(1, $1) n
        """
    let count: Int
    let customers: Int
    var parameters: [any PostgresEncodable] { [Int32(count), Int32(customers), payload()] }
}
