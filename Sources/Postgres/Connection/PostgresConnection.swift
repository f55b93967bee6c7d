package import Logging

/// One connection. It serves one call at a time, in the order of asking; exclusive use over several calls comes from the pool's
/// lease or from having one owner.
package actor PostgresConnection {
    var handle: ConnectionHandle?
    let readiness: SocketReadiness
    let cancellation: StatementCancellation
    let configuration: PostgresConfiguration
    package nonisolated let logger: Logger
    package nonisolated let serverVersion: Int

    /// Names of prepared statements by type.
    var prepared: [ObjectIdentifier: String] = [:]
    var preparedCount = 0
    /// How long the server may be silent while a statement is under way; nil for as long as it likes.
    var silenceLimit: Duration?
    /// A pooler stands between: what one transaction leaves in the session, another client may find there.
    package private(set) var isPooled = false
    /// The server refused a write: it is a standby by now, or its sessions are read-only. Another connection may find the primary.
    var isReadOnly = false
    private var isInUse = false
    private var queue: [CheckedContinuation<Void, Never>] = []

    /// - Throws: `PostgresError`: `.cannotConnect`, `.refusedCredentials` or `.cancelled`.
    package static func connect(
        _ configuration: PostgresConfiguration, logger: Logger
    ) async throws(PostgresError) -> PostgresConnection {
        let connection = try await ConnectAttempt.result(configuration, logger).get()
        do {
            try await connection.lookForPooler()
            try await connection.pinSettings()
            try await connection.allowWrites()
            try await connection.limitStatements()
            try await connection.freeLocksOfTheDead()
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    init(
        _ handle: consuming ConnectionHandle, _ readiness: SocketReadiness, _ configuration: PostgresConfiguration,
        _ logger: Logger
    ) {
        self.readiness = readiness
        cancellation = StatementCancellation(handle.cancellation(), readiness, grace: configuration.answerGrace)
        serverVersion = handle.serverVersion
        self.handle = consume handle
        self.configuration = configuration
        self.logger = logger
    }

    /// A pooler makes up the process id that it tells its clients.
    private func lookForPooler() async throws(PostgresError) {
        let serving = try await simple("SELECT pg_catalog.pg_backend_pid()").last?.first ?? nil
        isPooled = serving != (handle?.backendProcessID).map(String.init)
    }

    /// Behind a pooler each transaction does it for itself.
    private func pinSettings() async throws(PostgresError) {
        if isPooled { return }
        do throws(PostgresError) {
            _ = try await simple(SessionSettings.pin)
        } catch {
            guard error.sqlState == .insufficientPrivilege else { throw error }
            var explained = error
            explained.hint =
                "triggers do not fire in this login's sessions, so jobs would get lost: ALTER ROLE ... (or ALTER DATABASE ...) "
                + "RESET session_replication_role"
            throw explained
        }
    }

    /// A default of the database or of the role that makes sessions read-only is a guard against slips of hands.
    private func allowWrites() async throws(PostgresError) {
        guard handle?.isReadOnlyByDefault == true, !isPooled else { return }
        _ = try await simple("SET default_transaction_read_only = off")
    }

    /// By SET and not as a startup option, which PgBouncer refuses.
    private func limitStatements() async throws(PostgresError) {
        guard let limit = configuration.statementTimeout, handle?.setsOption("statement_timeout") == false else {
            return
        }
        silenceLimit = limit + configuration.answerGrace
        if isPooled { return }
        _ = try await simple("SET statement_timeout = \(limit.wholeMilliseconds)")
    }

    /// A client that is suspended or gone in the middle of a transaction keeps its locks until the server notices, which by TCP's
    /// own measure takes hours, and meanwhile every claim skips the rows they are on.
    private func freeLocksOfTheDead() async throws(PostgresError) {
        if isPooled { return }
        let checksConnections = serverVersion >= 140_000 ? "SET client_connection_check_interval = '5s';" : ""
        _ = try await simple(
            """
            SET idle_in_transaction_session_timeout = \(configuration.idleTransactionLimit.wholeMilliseconds);
            SET lock_timeout = \(configuration.lockTimeout?.wholeMilliseconds ?? 0);
            \(checksConnections)
            SET tcp_user_timeout = '15s'; SET tcp_keepalives_idle = '10s'; SET tcp_keepalives_interval = '5s';
            SET tcp_keepalives_count = 2
            """)
    }

    /// Runs one statement and returns its rows.
    @discardableResult
    package func execute<S: Statement>(_ statement: S) async throws(PostgresError) -> [S.Row] {
        let step = PipelineStep.typed(statement)
        try await perform([step])
        return step.rows(of: S.self)
    }

    /// Runs statements in one round trip, all or none of them: an implicit transaction, unless one is open.
    package nonisolated func pipeline<each S: Statement>(
        _ statements: repeat each S
    ) async throws(PostgresError) -> (repeat [(each S).Row]) {
        let steps = PipelineStep.list(repeat each statements)
        try await perform(steps)
        return PipelineStep.rows(of: steps, repeat each statements)
    }

    /// The same for a list that is known only at run time; rows are dropped.
    package func pipeline(_ statements: [any Statement]) async throws(PostgresError) {
        try await perform(statements.map { PipelineStep.erased($0) })
    }

    /// BEGIN, the statements and COMMIT in one round trip.
    package nonisolated func transaction<each S: Statement>(
        _ statements: repeat each S
    ) async throws(PostgresError) -> (repeat [(each S).Row]) {
        let steps = PipelineStep.list(repeat each statements)
        try await performTransaction(steps)
        return PipelineStep.rows(of: steps, repeat each statements)
    }

    /// The same for a list that is known only at run time; rows are dropped.
    package func transaction(_ statements: [any Statement]) async throws(PostgresError) {
        try await performTransaction(statements.map { PipelineStep.erased($0) })
    }

    /// Commits when the body returns, rolls back when it throws.
    package nonisolated func withTransaction<Result: Sendable>(
        _ body: @Sendable (PostgresTransaction) async throws -> Result
    ) async throws -> Result {
        let transaction = PostgresTransaction(on: self)
        do {
            let result = try await body(transaction)
            try await transaction.finish()
            return result
        } catch {
            await transaction.rollBack()
            throw error
        }
    }

    /// One round trip that does nothing: the server is there and answers.
    package func ping() async throws(PostgresError) {
        try await perform([])
    }

    /// Runs SQL text by the simple protocol, several statements if need be: migrations and session commands, never data.
    ///
    /// Text that sets `statement_timeout` ends our own watch over this connection's statements: it says how long they may take.
    package func execute(sql: String) async throws(PostgresError) {
        _ = try await text(sql: sql)
    }

    /// The same, with the rows of the last statement as text.
    package func text(sql: String) async throws(PostgresError) -> [[String?]] {
        if sql.contains("statement_timeout") { silenceLimit = nil }
        return try await simple(sql)
    }

    /// Payloads of notifications that have arrived; waits until there is one. Ends with an error when the connection does, or when
    /// the task is cancelled. Other calls wait meanwhile.
    func notifications() async throws(PostgresError) -> [String] {
        await takeTurn()
        defer { passTurn() }
        while true {
            guard handle?.consumeInput() == true else { throw lost() }
            var payloads: [String] = []
            while let payload = handle?.nextNotification() { payloads.append(payload) }
            if !payloads.isEmpty { return payloads }
            if handle?.hasUnreadInput == true { continue }
            if Task.isCancelled { throw PostgresError(.cancelled, "listening was cancelled") }
            let readiness = readiness
            _ = await withTaskCancellationHandler {
                await readiness.wait()
            } onCancel: {
                readiness.wake()
            }
        }
    }

    package func close() {
        readiness.close()
        handle = nil
    }

    /// Whether it can be lent: alive, and the server has not hung up while it lay idle.
    func isUsable() -> Bool {
        guard handle?.isAlive == true, handle?.isIdle == true, !isInUse, !isReadOnly else { return false }
        guard handle?.hasUnreadInput == true else { return true }
        // The first read may take a farewell, the second finds the end behind it.
        return handle?.consumeInput() == true && handle?.consumeInput() == true && handle?.isAlive == true
    }

    /// Whether it can be kept after a lease; a transaction that was left open is rolled back.
    func isReusable() async -> Bool {
        guard handle?.isAlive == true, !isInUse, !isReadOnly else { return false }
        try? await rollBack()
        return handle?.isAlive == true && handle?.isIdle == true
    }

    // MARK: - Turns

    func takeTurn() async {
        guard isInUse else {
            isInUse = true
            return
        }
        await withCheckedContinuation { queue.append($0) }
    }

    func passTurn() {
        if queue.isEmpty {
            isInUse = false
        } else {
            queue.removeFirst().resume()
        }
    }
}
