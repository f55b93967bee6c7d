import FoundationEssentials
import Logging
import Postgres

/// Registers the worker and renews its leases, on a connection of its own: a busy pool must not look like a dead worker.
struct Heartbeat: Sendable {
    let postgres: PostgresConfiguration
    let configuration: WorkerConfiguration
    let kinds: [String]
    let registration: Registration
    let databaseClock: DatabaseClock
    let outage: Outage
    /// Rung when there is a new id to work under.
    let onRegistered: @Sendable () -> Void
    /// Called when the id at hand is worth nothing any more.
    let onLost: @Sendable () -> Void
    /// Called when somebody has set the database's clock.
    let onClockSet: @Sendable () -> Void
    let logger: Logger

    private var interval: Duration { configuration.lease / 6 }

    /// Until cancelled.
    func run() async {
        var connection: PostgresConnection?
        var told = ""
        while !Task.isCancelled {
            do {
                let line: PostgresConnection
                if let connection {
                    line = connection
                } else {
                    line = try await PostgresConnection.connect(postgres, logger: logger)
                    connection = line
                    registration.connected(at: configuration.clock.now())
                }
                // A beat that is not answered soon is as good as none; the next one may be.
                let former = told
                told = try await configuration.clock.within(configuration.lease / 3) {
                    try await beat(on: line, told: former)
                }
                outage.recovered()
            } catch {
                if Task.isCancelled { break }
                outage.failed(error)
                registration.disconnected()
                await connection?.close()
                connection = nil
            }
            let pause = connection == nil ? configuration.jittered(min(interval, .seconds(1))) : interval
            try? await configuration.clock.sleep(pause)
        }
        await connection?.close()
    }

    /// - Parameter told: what the worker's row says of it.
    /// - Returns: the same, afterwards.
    private func beat(on connection: PostgresConnection, told: String) async throws -> String {
        let about = configuration.about()
        guard let tenure = registration.tenure else {
            try await register(on: connection, about)
            return about
        }
        let sentAt = configuration.clock.now()
        if let time = try await connection.execute(Beat(workerID: tenure.workerID)).first {
            tenure.renew(sentAt: sentAt)
            look(at: time, from: sentAt)
            if about != told {
                _ = try await connection.execute(DescribeWorker(workerID: tenure.workerID, about: about))
            }
        } else {
            logger.error(
                "another worker took this one for dead, and its jobs over: it was silent for longer than its lease",
                metadata: ["worker": "\(tenure.workerID)", "lease": "\(configuration.lease)"])
            registration.end()
            onLost()
            try await register(on: connection, about)
        }
        return about
    }

    private func look(at time: Double, from sentAt: Duration) {
        guard let step = databaseClock.saw(time, from: sentAt, to: configuration.clock.now()) else { return }
        logger.warning(
            "the clock of PostgreSQL was set; see to it that its host keeps time (NTP)",
            metadata: ["seconds": "\(Int(step.rounded()))"])
        // The heartbeats of others are old, or in the future, until each has beaten again.
        registration.connected(at: sentAt)
        onClockSet()
    }

    private func register(on connection: PostgresConnection, _ about: String) async throws {
        let workerID = UUID()
        let sentAt = configuration.clock.now()
        _ = try await connection.execute(
            RegisterWorker(
                workerID: workerID, name: configuration.name, version: configuration.version,
                slots: configuration.slots,
                kinds: kinds, lease: configuration.lease, about: about))
        registration.begin(
            Tenure(workerID: workerID, lease: configuration.lease, beganAt: sentAt, clock: configuration.clock))
        logger.info("registered", metadata: ["worker": "\(workerID)", "kinds": "\(kinds.joined(separator: ", "))"])
        onRegistered()
    }
}

extension WorkerClock {
    /// Cancels what takes longer than `limit`.
    func within<T: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
        try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await sleep(limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else { throw TookTooLong(limit: limit) }
            return result
        }
    }
}

struct TookTooLong: Error, CustomStringConvertible {
    let limit: Duration
    var description: String { "no answer within \(limit)" }
}
