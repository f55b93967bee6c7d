import Jira
package import Postgres

/// Holds a customer's jobs back and lets them go on. Who did it is recorded in the transaction that does it.
package enum CustomerPause {
    /// What a resumption set going.
    package struct Resumption: Sendable {
        /// False if the customer was not paused: then only gates were tried.
        package var wasPaused: Bool
        /// The scopes of the gates that are tried at once.
        package var gates: [String]
        /// How many jobs run at once, of all customers: gates are shared.
        package var jobs: Int64
    }

    /// - Returns: false if the customer was paused already.
    package static func pause(
        _ customerID: String, reason: String?, actor: String, on pool: PostgresPool
    ) async throws -> Bool {
        try await pool.withTransaction { transaction in
            guard try await !transaction.execute(PauseCustomer(customerID: customerID)).isEmpty else { return false }
            var detail: [String: JSONValue] = ["paused": true]
            detail["reason"] = reason.map { .string($0) }
            let record = AuditRecord(.connectionChanged, actor: actor, detail: detail)
            try await transaction.execute(InsertAuditRecords(record, customerID: customerID))
            return true
        }
    }

    /// Also has shut gates tried at once: who resumes has mended something.
    package static func resume(
        _ customerID: String, actor: String, on pool: PostgresPool
    ) async throws -> Resumption {
        try await pool.withTransaction { transaction in
            let wasPaused = try await !transaction.execute(ResumeCustomer(customerID: customerID)).isEmpty
            let tried = try await transaction.execute(ProbeGatesNow(includesRateLimits: true)).first
            let resumption = Resumption(wasPaused: wasPaused, gates: tried?.gates ?? [], jobs: tried?.jobs ?? 0)
            guard wasPaused || !resumption.gates.isEmpty || resumption.jobs > 0 else { return resumption }
            var detail: [String: JSONValue] = [
                "gatesTried": .array(resumption.gates.map { .string($0) }), "jobsWoken": .integer(resumption.jobs),
            ]
            if wasPaused { detail["paused"] = false }
            let record = AuditRecord(wasPaused ? .connectionChanged : .adminResume, actor: actor, detail: detail)
            try await transaction.execute(InsertAuditRecords(record, customerID: customerID))
            return resumption
        }
    }

    /// What a person types to end the pause.
    package static func resumeCommand(for customerID: String) -> String {
        let isPlain = customerID.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        let word = isPlain ? customerID : "'\(customerID.replacing("'", with: #"'\''"#))'"
        return "kushim-jira connections resume \(word)"
    }
}

/// No row if the customer is paused already.
struct PauseCustomer: Statement {
    static let sql = """
        INSERT INTO kushim_jira.connections AS c (customer_id, paused) VALUES ($1, true)
        ON CONFLICT (customer_id) DO UPDATE SET paused = true, changed_at = clock_timestamp() WHERE NOT c.paused
        RETURNING customer_id
        """
    let customerID: String

    var parameters: [any PostgresEncodable] { [customerID] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String {
        try columns.next()
    }
}

/// No row if the customer is not paused.
struct ResumeCustomer: Statement {
    static let sql = """
        UPDATE kushim_jira.connections SET paused = false, changed_at = clock_timestamp()
        WHERE customer_id = $1 AND paused RETURNING customer_id
        """
    let customerID: String

    var parameters: [any PostgresEncodable] { [customerID] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String {
        try columns.next()
    }
}

/// Whether anything but its name is known of a customer: a name that was mistyped is paused in vain.
package struct CustomerIsKnown: Statement {
    package static let sql = """
        SELECT EXISTS (SELECT FROM kushim_jira.tickets WHERE customer_id = $1)
            OR EXISTS (SELECT FROM kushim_jira.ready WHERE customer_id = $1)
            OR EXISTS (SELECT FROM kushim_jira.scheduled WHERE customer_id = $1)
            OR EXISTS (SELECT FROM kushim_jira.leases WHERE customer_id = $1)
        """
    private let customerID: String

    package init(customerID: String) {
        self.customerID = customerID
    }

    package var parameters: [any PostgresEncodable] { [customerID] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool {
        try columns.next()
    }
}
