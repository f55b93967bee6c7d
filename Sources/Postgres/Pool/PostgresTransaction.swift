/// A transaction that is open on a leased connection. BEGIN travels with its first statement.
package actor PostgresTransaction {
    private let connection: PostgresConnection
    private var hasBegun = false
    private var isOver = false
    /// Why it can only be rolled back.
    private var failure: PostgresError?

    init(on connection: PostgresConnection) {
        self.connection = connection
    }

    @discardableResult
    package func execute<S: Statement>(_ statement: S) async throws(PostgresError) -> [S.Row] {
        let step = PipelineStep.typed(statement)
        try await perform([step])
        return step.rows(of: S.self)
    }

    /// In one round trip.
    package nonisolated func pipeline<each S: Statement>(
        _ statements: repeat each S
    ) async throws(PostgresError) -> (repeat [(each S).Row]) {
        let steps = PipelineStep.list(repeat each statements)
        try await perform(steps)
        return PipelineStep.rows(of: steps, repeat each statements)
    }

    /// In one round trip; rows are dropped.
    package func pipeline(_ statements: [any Statement]) async throws(PostgresError) {
        try await perform(statements.map { PipelineStep.erased($0) })
    }

    /// Runs the statements and commits in one round trip; nothing may follow.
    ///
    /// - Throws: `PostgresError`; with kind `.connectionLost` it is unknown whether the transaction was committed.
    package func commit(with statements: [any Statement] = []) async throws(PostgresError) {
        do throws(PostgresError) {
            try await perform(statements.map { PipelineStep.erased($0) } + [.commit])
        } catch {
            // The statement that failed tells more than COMMIT's refusal does.
            throw error.sqlState == .inFailedTransaction ? failure ?? error : error
        }
        isOver = true
    }

    private func perform(_ steps: [PipelineStep]) async throws(PostgresError) {
        guard !isOver else {
            throw PostgresError(.server, "the transaction is over, nothing can follow in it", sqlState: .noTransaction)
        }
        let opening = hasBegun ? [] : [PipelineStep.begin]
        hasBegun = true
        do throws(PostgresError) {
            try await connection.perform(opening + steps)
        } catch {
            failure = failure ?? error
            throw error
        }
    }

    func finish() async throws(PostgresError) {
        if hasBegun, !isOver { try await commit() }
    }

    /// Also when the task is cancelled.
    func rollBack() async {
        guard hasBegun, !isOver else { return }
        isOver = true
        do {
            try await connection.rollBack()
        } catch {
            await connection.close()
        }
    }
}
