/// What the pool knows; every change of it says what is to be done outside the lock.
struct PoolState {
    typealias Offer = Result<PostgresConnection, PostgresError>

    struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Offer, Never>
    }

    let size: Int
    private(set) var idle: [PostgresConnection] = []
    private(set) var lent = 0
    /// Tasks that connect, by number; each of them may turn into a connection.
    private(set) var connecting: [Int: Task<Void, Never>?] = [:]
    private(set) var waiters: [Waiter] = []
    private(set) var isClosed = false
    /// In a row, since a connection last succeeded.
    private(set) var failures = 0
    private var lastFailure: PostgresError?
    private var retryAt: ContinuousClock.Instant?
    private var lastNumber = 0

    init(size: Int) {
        self.size = size
    }

    mutating func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    // MARK: - Asking

    /// An idle connection, the one used last.
    mutating func takeIdle() -> PostgresConnection? {
        guard let connection = idle.popLast() else { return nil }
        lent += 1
        return connection
    }

    mutating func enqueue(_ waiter: Waiter) {
        waiters.append(waiter)
    }

    mutating func removeWaiter(_ id: Int) -> Waiter? {
        waiters.firstIndex { $0.id == id }.map { waiters.remove(at: $0) }
    }

    var trouble: PostgresError? { failures > 0 ? lastFailure : nil }

    /// Why nobody could be served in time.
    func reasonForDelay(_ limit: Duration) -> PostgresError {
        if failures > 0, let lastFailure { return lastFailure }
        guard lent >= size else {
            return PostgresError(.timedOut, "PostgreSQL has not taken a connection within \(limit)")
        }
        return PostgresError(
            .timedOut, "no connection became free within \(limit): all \(size) of the pool are in use",
            hint: "allow more connections, or find what holds them for so long")
    }

    // MARK: - Giving back

    /// Hands the connection to whoever has waited longest.
    /// - Returns: who gets it; nil keeps it idle.
    mutating func giveBack() -> Waiter? {
        guard !waiters.isEmpty else { return nil }
        return waiters.removeFirst()
    }

    mutating func keep(_ connection: PostgresConnection) {
        lent -= 1
        idle.append(connection)
    }

    mutating func forget() {
        lent -= 1
    }

    // MARK: - Connecting

    /// Numbers for as many connecting tasks as are wanted now: one for each waiter while the server is well, a single one while it
    /// is away.
    mutating func wantedConnectors() -> [Int] {
        guard !isClosed else { return [] }
        let room = size - lent - idle.count - connecting.count
        let wanted = failures > 0 ? min(1, waiters.count) - connecting.count : waiters.count - connecting.count
        return (0..<max(0, min(room, wanted))).map { _ in
            let number = nextNumber()
            connecting.updateValue(nil, forKey: number)
            return number
        }
    }

    mutating func began(_ number: Int, _ task: Task<Void, Never>) {
        if connecting.keys.contains(number) { connecting.updateValue(task, forKey: number) }
    }

    /// When the task may try; nil tells it to end, since nobody waits, or since another one tries already.
    mutating func mayConnect(_ number: Int) -> ContinuousClock.Instant? {
        guard isClosed || waiters.isEmpty || failures > 0 && connecting.count > 1 else { return retryAt ?? .now }
        connecting[number] = nil
        return nil
    }

    mutating func ended(_ number: Int) {
        connecting[number] = nil
    }

    /// - Returns: whether PostgreSQL had been away.
    mutating func connected(_ number: Int) -> Bool {
        connecting[number] = nil
        lent += 1
        defer {
            failures = 0
            lastFailure = nil
            retryAt = nil
        }
        return failures > 0
    }

    /// - Returns: the waiters that need not wait any longer: refused credentials do not get better.
    mutating func failed(with error: PostgresError) -> [Waiter] {
        failures += 1
        lastFailure = error
        retryAt = .now + Backoff.delay(afterFailures: failures)
        guard error.kind == .refusedCredentials else { return [] }
        defer { waiters = [] }
        return waiters
    }

    // MARK: - Closing

    var isDrained: Bool { isClosed && lent == 0 && connecting.isEmpty }

    mutating func close() -> (idle: [PostgresConnection], waiters: [Waiter], connectors: [Task<Void, Never>]) {
        isClosed = true
        defer {
            idle = []
            waiters = []
        }
        return (idle, waiters, connecting.values.compactMap { $0 })
    }
}
