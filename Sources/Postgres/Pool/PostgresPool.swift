package import Logging
import ServiceLifecycle
import Synchronization

/// A limited number of connections, opened when they are needed and lent in the order of asking.
///
/// While PostgreSQL is away, one attempt at a time is made on behalf of all who wait, with growing pauses.
package final class PostgresPool: Service, Sendable {
    package let configuration: PostgresConfiguration
    private let logger: Logger
    private let acquisitionLimit: Duration
    private let state: Mutex<PoolState>
    private let (drained, drainedContinuation) = AsyncStream.makeStream(of: Never.self)

    /// - Parameter acquisitionLimit: how long a call waits for a connection before it gets the last error.
    package init(
        _ configuration: PostgresConfiguration, size: Int, acquisitionLimit: Duration = .seconds(30), logger: Logger
    ) {
        self.configuration = configuration
        self.acquisitionLimit = acquisitionLimit
        self.logger = logger
        state = Mutex(PoolState(size: max(1, size)))
    }

    /// How many wait for a connection to be lent.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// Why no connection can be made at the moment; nil when one could the last time.
    package var trouble: PostgresError? { state.withLock { $0.trouble } }

    /// Holds the pool open until graceful shutdown or cancellation. The pool serves without it, too.
    package func run() async throws {
        try? await gracefulShutdown()
        await close()
    }

    /// Idle connections end now, lent ones when they come back; returns when they have, or when the task is cancelled.
    package func close() async {
        let (idle, waiters, connectors) = state.withLock { $0.close() }
        for waiter in waiters { waiter.continuation.resume(returning: .failure(Self.closed)) }
        for connector in connectors { connector.cancel() }
        for connection in idle { await connection.close() }
        noteWhetherDrained()
        for await _ in drained {}
    }

    /// Lends a connection for the time of the body.
    package func withConnection<Result: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await acquire()
        do {
            let result = try await body(connection)
            await giveBack(connection)
            return result
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Commits when the body returns, rolls back when it throws.
    package func withTransaction<Result: Sendable>(
        _ body: @Sendable (PostgresTransaction) async throws -> Result
    ) async throws -> Result {
        try await withConnection { try await $0.withTransaction(body) }
    }

    @discardableResult
    package func execute<S: Statement>(_ statement: S) async throws -> [S.Row] {
        try await withConnection { try await $0.execute(statement) }
    }

    /// All or none of the statements: BEGIN to COMMIT in one round trip.
    package func transaction<each S: Statement>(_ statements: repeat each S) async throws -> (repeat [(each S).Row]) {
        let connection = try await acquire()
        do {
            let rows = try await connection.transaction(repeat each statements)
            await giveBack(connection)
            return rows
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// The same for a list that is known only at run time; rows are dropped.
    package func transaction(_ statements: [any Statement]) async throws {
        try await withConnection { try await $0.transaction(statements) }
    }

    /// Asks the server for a sign of life.
    package func ping() async throws {
        try await withConnection { try await $0.ping() }
    }

    /// Waits for as long as it takes until PostgreSQL answers.
    /// - Throws: `PostgresError` when waiting does not help: credentials refused, pool closed, task cancelled.
    package func waitUntilReachable() async throws {
        while true {
            do {
                return try await ping()
            } catch let error as PostgresError where error.isRetryable {
                continue
            }
        }
    }

    // MARK: - Lending

    private static let closed = PostgresError(
        .poolClosed, "the connections to PostgreSQL are closed: the process is shutting down")

    private func acquire() async throws(PostgresError) -> PostgresConnection {
        let deadline = ContinuousClock.now + acquisitionLimit
        while true {
            if Task.isCancelled { throw Self.cancelled }
            let (connection, isClosed) = state.withLock { ($0.isClosed ? nil : $0.takeIdle(), $0.isClosed) }
            if isClosed { throw Self.closed }
            guard let connection else { return try await wait(until: deadline) }
            if await connection.isUsable() { return connection }
            await discard(connection)
        }
    }

    private static let cancelled = PostgresError(.cancelled, "cancelled while waiting for a connection")

    private func wait(until deadline: ContinuousClock.Instant) async throws(PostgresError) -> PostgresConnection {
        let id = state.withLock { $0.nextNumber() }
        let timer = Task {
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            let (waiter, reason) = state.withLock { ($0.removeWaiter(id), $0.reasonForDelay(acquisitionLimit)) }
            waiter?.continuation.resume(returning: .failure(reason))
        }
        defer { timer.cancel() }
        let offer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let already: PoolState.Offer? = state.withLock { state in
                    if state.isClosed { return .failure(Self.closed) }
                    // Looked at again under the lock: the cancellation may have come before there was a waiter to remove.
                    if Task.isCancelled { return .failure(Self.cancelled) }
                    if let connection = state.takeIdle() { return .success(connection) }
                    state.enqueue(PoolState.Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let already { continuation.resume(returning: already) }
                startConnectors()
            }
        } onCancel: {
            let waiter = state.withLock { $0.removeWaiter(id) }
            waiter?.continuation.resume(returning: .failure(Self.cancelled))
        }
        return try offer.get()
    }

    private func giveBack(_ connection: PostgresConnection) async {
        guard await connection.isReusable() else { return await discard(connection) }
        await lendOrKeep(connection)
    }

    /// A connection that is counted as lent goes to the next in line, or lies idle.
    private func lendOrKeep(_ connection: PostgresConnection) async {
        let (waiter, isClosed) = state.withLock { state in
            let waiter = state.giveBack()
            if state.isClosed { state.forget() } else if waiter == nil { state.keep(connection) }
            return (waiter, state.isClosed)
        }
        waiter?.continuation.resume(returning: .success(connection))
        guard isClosed else { return }
        await connection.close()
        noteWhetherDrained()
    }

    private func discard(_ connection: PostgresConnection) async {
        await connection.close()
        state.withLock { $0.forget() }
        startConnectors()
        noteWhetherDrained()
    }

    private func noteWhetherDrained() {
        if state.withLock({ $0.isDrained }) { drainedContinuation.finish() }
    }

    // MARK: - Connecting

    /// Connecting is nobody's child: whoever asked first may give up while others wait on. `close` cancels these tasks and waits
    /// for their end.
    private func startConnectors() {
        for number in state.withLock({ $0.wantedConnectors() }) {
            let task = Task.detached { await self.connect(number) }
            state.withLock { $0.began(number, task) }
        }
    }

    private func connect(_ number: Int) async {
        while let instant = state.withLock({ $0.mayConnect(number) }) {
            try? await Task.sleep(until: instant, clock: .continuous)
            if Task.isCancelled { break }
            do throws(PostgresError) {
                let connection = try await PostgresConnection.connect(configuration, logger: logger)
                if state.withLock({ $0.connected(number) }) { logger.notice("PostgreSQL is reachable again") }
                await lendOrKeep(connection)
                startConnectors()
                return
            } catch {
                if Task.isCancelled { break }
                let (waiters, failures) = state.withLock { ($0.failed(with: error), $0.failures) }
                logger.log(
                    level: failures == 1 ? .warning : .debug, "PostgreSQL cannot be reached",
                    metadata: ["error": "\(error)"])
                for waiter in waiters { waiter.continuation.resume(returning: .failure(error)) }
            }
        }
        state.withLock { $0.ended(number) }
        // Somebody may have come to wait just now.
        startConnectors()
        noteWhetherDrained()
    }
}
