/// What the server answers next.
private enum Answer {
    case prepared(ObjectIdentifier, forStep: Int)
    /// - Parameter wasPrepared: in an earlier round trip, so that it may have gone stale meanwhile.
    case step(Int, wasPrepared: Bool)

    var step: Int {
        switch self {
        case .prepared(_, let index), .step(let index, _): index
        }
    }
}

extension PostgresConnection {
    /// Sends the steps in one round trip and reads their rows.
    ///
    /// A statement whose preparation the server has lost or outgrown (a pooler in between, a changed table) is prepared anew and
    /// everything is sent once more, unless a transaction was open already.
    func perform(_ steps: [PipelineStep], isCancellable: Bool = true) async throws(PostgresError) {
        await takeTurn()
        defer { passTurn() }
        let beganIdle = handle?.isIdle == true
        if isPooled { return try await performPinned(steps, isCancellable) }
        do {
            try await roundTrip(steps, isCancellable)
        } catch {
            guard error.isStalePreparation else { throw error }
            prepared.removeAll()
            guard beganIdle, handle != nil else { throw error }
            if handle?.isIdle == false { try await roundTrip([.command("ROLLBACK")], false) }
            try await roundTrip(steps, isCancellable)
        }
    }

    /// Behind a pooler the session may be another one each time, and a stranger's settings in it: each transaction pins its own.
    private func performPinned(_ steps: [PipelineStep], _ isCancellable: Bool) async throws(PostgresError) {
        guard handle?.isIdle == true, let first = steps.first else { return try await roundTrip(steps, isCancellable) }
        var pins = [PipelineStep.command(SessionSettings.pinForTransaction)]
        if let limit = configuration.statementTimeout {
            pins.append(.command("SET LOCAL statement_timeout = \(limit.wholeMilliseconds)"))
        }
        if let limit = configuration.lockTimeout {
            pins.append(.command("SET LOCAL lock_timeout = \(limit.wholeMilliseconds)"))
        }
        let idleLimit = configuration.idleTransactionLimit.wholeMilliseconds
        pins.append(.command("SET LOCAL idle_in_transaction_session_timeout = \(idleLimit)"))
        if first.isBegin { return try await roundTrip([first] + pins + steps.dropFirst(), isCancellable) }
        do {
            try await roundTrip([.begin] + pins + steps + [.commit], isCancellable)
        } catch {
            if handle?.isIdle == false { try? await roundTrip([.command("ROLLBACK")], false) }
            throw error
        }
    }

    /// BEGIN, the steps and COMMIT in one round trip. After an error nothing of it has happened and the session is idle.
    func performTransaction(_ steps: [PipelineStep]) async throws(PostgresError) {
        do {
            try await perform([.begin] + steps + [.commit])
        } catch {
            try? await rollBack()
            throw error
        }
    }

    /// Leaves the transaction that is open, if one is. Not to be cancelled.
    func rollBack() async throws(PostgresError) {
        if handle?.isIdle == false { try await perform([.command("ROLLBACK")], isCancellable: false) }
    }

    /// Runs SQL text by the simple protocol; returns the rows of its last statement.
    func simple(_ sql: String) async throws(PostgresError) -> [[String?]] {
        await takeTurn()
        defer { passTurn() }
        try ensureReady(isCancellable: true)
        guard handle?.isInPipelineMode != true || handle?.exitPipelineMode() == true else { throw lost() }
        guard handle?.sendSimple(sql) == true else { throw lost() }
        return try await answered(isCancellable: true) { () async throws(PostgresError) in
            try await self.receiveText()
        }
    }

    /// The connection is over; says so, and why if that is known.
    func lost(_ cause: PostgresError? = nil) -> PostgresError {
        let message = cause?.message ?? handle?.errorMessage.onOneLine ?? ""
        close()
        var error = cause ?? PostgresError(.connectionLost, "")
        error.kind = .connectionLost
        error.message = message.isEmpty ? "the connection was lost" : "the connection was lost: \(message)"
        return error
    }

    private func ensureReady(isCancellable: Bool) throws(PostgresError) {
        guard handle != nil else { throw PostgresError(.connectionLost, "the connection is closed") }
        if isCancellable, Task.isCancelled {
            throw PostgresError(.cancelled, "cancelled before the statement was sent")
        }
    }

    // MARK: - Sending

    private func roundTrip(_ steps: [PipelineStep], _ isCancellable: Bool) async throws(PostgresError) {
        try ensureReady(isCancellable: isCancellable)
        guard handle?.isInPipelineMode == true || handle?.enterPipelineMode() == true else { throw lost() }
        let answers = try send(steps)
        try await answered(isCancellable: isCancellable) { () async throws(PostgresError) in
            try await self.receive(answers, steps)
        }
    }

    private func send(_ steps: [PipelineStep]) throws(PostgresError) -> [Answer] {
        var answers: [Answer] = []
        for (index, step) in steps.enumerated() {
            guard let key = step.key, configuration.usesPreparedStatements, !isPooled else {
                guard handle?.send(step.sql, step.parameters) == true else { throw lost() }
                answers.append(.step(index, wasPrepared: false))
                continue
            }
            let known = prepared[key]
            let name: String
            if let known {
                name = known
            } else {
                preparedCount += 1
                name = "s\(preparedCount)"
                guard handle?.sendPrepare(name, step.sql, step.parameters.types) == true else { throw lost() }
                prepared[key] = name
                answers.append(.prepared(key, forStep: index))
            }
            guard handle?.sendExecute(name, step.parameters) == true else { throw lost() }
            answers.append(.step(index, wasPrepared: known != nil))
        }
        guard handle?.sendPipelineSync() == true else { throw lost() }
        return answers
    }

    private func flush() async throws(PostgresError) {
        while true {
            switch handle?.flush() {
            case .done?: return
            case .blocked?: try await wait(orWritable: true)
            case .failed?, nil: throw lost()
            }
        }
    }

    // MARK: - Receiving

    /// Awaits the server's answer. A statement whose task is cancelled is cancelled on the server too, and its answer awaited, so
    /// that the connection stays usable.
    private func answered<Success>(
        isCancellable: Bool, _ body: () async throws(PostgresError) -> Success
    ) async throws(PostgresError) -> Success {
        allowSilence()
        defer { readiness.setDeadline(nil) }
        let cancellation = cancellation
        cancellation.begin()
        let result: Result<Success, PostgresError>
        if isCancellable {
            result = await withTaskCancellationHandler {
                await resultOf(body)
            } onCancel: {
                cancellation.cancel()
            }
        } else {
            result = await resultOf(body)
        }
        let wasDropped = handle == nil
        let outcome = await cancellation.end()
        if outcome == .unanswered { close() }
        if outcome != .notRequested, case .failure(var error) = result {
            // Also when the connection had to be dropped for want of an answer.
            if error.sqlState == .queryCanceled || wasDropped { error.kind = .cancelled }
            throw error
        }
        return try result.get()
    }

    private func resultOf<Success>(
        _ body: () async throws(PostgresError) -> Success
    ) async -> Result<Success, PostgresError> {
        do throws(PostgresError) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    private func receive(_ answers: [Answer], _ steps: [PipelineStep]) async throws(PostgresError) {
        try await flush()
        var failure: PostgresError?
        for answer in answers {
            let name = steps[answer.step].name
            while let result = try await nextResult() {
                switch result.status {
                case .rows, .done:
                    guard case .step(let index, _) = answer, failure == nil else { break }
                    do throws(PostgresError) {
                        try steps[index].read(result)
                    } catch {
                        failure = error.naming(name)
                    }
                case .failed, .pipelineAborted:
                    if case .prepared(let key, _) = answer { prepared[key] = nil }
                    guard result.status == .failed, failure == nil else { break }
                    var error = result.error.naming(name)
                    guard error.kind != .connectionLost else { throw lost(error) }
                    error.isStalePreparation = isStale(error, answer)
                    if error.sqlState == .readOnlyTransaction { isReadOnly = true }
                    failure = error
                case .pipelineSync, .copy:
                    throw lost(PostgresError(.connectionLost, "the server's answers are out of step"))
                }
            }
        }
        let late = try await synchronize()
        if let error = failure ?? late { throw error }
    }

    /// Reads up to the end of the round trip.
    /// - Returns: what was wrong with its implicit commit, as a deferred constraint may find.
    private func synchronize() async throws(PostgresError) -> PostgresError? {
        var failure: PostgresError?
        // One end of results may stand between an error and the end of the round trip.
        for _ in 0..<4 {
            guard let result = try await nextResult() else { continue }
            switch result.status {
            case .pipelineSync: return failure
            case .failed where result.error.kind != .connectionLost: failure = failure ?? result.error
            case .failed: throw lost(result.error)
            default: break
            }
        }
        throw lost(PostgresError(.connectionLost, "the server's answers are out of step"))
    }

    private func receiveText() async throws(PostgresError) -> [[String?]] {
        try await flush()
        var rows: [[String?]] = []
        var failure: PostgresError?
        while let result = try await nextResult() {
            switch result.status {
            case .rows: rows = result.textRows
            case .failed where result.error.kind != .connectionLost: failure = failure ?? result.error
            case .failed: throw lost(result.error)
            case .copy: throw lost(PostgresError(.connectionLost, "COPY is not supported"))
            default: break
            }
        }
        if let failure {
            if failure.sqlState == .readOnlyTransaction { isReadOnly = true }
            throw failure
        }
        return rows
    }

    private func nextResult() async throws(PostgresError) -> ResultHandle? {
        while handle?.isBusy == true {
            try await wait()
        }
        guard handle != nil else { throw lost() }
        allowSilence()
        return handle?.nextResult()
    }

    private func wait(orWritable: Bool = false) async throws(PostgresError) {
        if handle?.hasUnreadInput == true {
            guard handle?.consumeInput() == true else { throw lost() }
            return
        }
        switch await readiness.wait(orWritable: orWritable) {
        case .ready, .woken:
            guard handle?.consumeInput() == true else { throw lost() }
        case .deadlinePassed:
            throw lost(PostgresError(.connectionLost, "the server does not answer"))
        case .closed:
            throw lost(PostgresError(.connectionLost, "it was closed"))
        }
    }

    /// The server's own statement timeout strikes first, if the server is there.
    private func allowSilence() {
        guard !cancellation.isRequested else { return }
        readiness.setDeadline(silenceLimit.map { .now + $0 })
    }

    private func isStale(_ error: PostgresError, _ answer: Answer) -> Bool {
        guard case .step(_, wasPrepared: true) = answer else { return false }
        // 0A000 is "cached plan must not change result type".
        return error.sqlState == .unknownPreparedStatement || error.sqlState == .featureNotSupported
    }
}
