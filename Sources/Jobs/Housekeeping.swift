import Postgres

/// Forgets what ended long ago.
struct Forgetting: Sendable {
    let pool: PostgresPool
    let configuration: WorkerConfiguration

    func round() async throws {
        let retention = configuration.retention
        for (state, age) in [
            ("completed", retention.completed), ("discarded", retention.discarded), ("cancelled", retention.discarded),
        ] {
            var removed: Int64
            repeat {
                let statement = RemoveFinishedJobs(state: state, age: age, limit: retention.batch)
                removed = try await pool.transaction(PinPlans(), statement).1.first ?? 0
                // Between batches the disk belongs to the producers.
                if removed > 0 { try await configuration.clock.sleep(.milliseconds(100)) }
            } while removed >= Int64(retention.batch)
        }
        _ = try await pool.execute(RemoveOldWorkers(age: retention.completed))
    }
}

/// Refreshes the gauges.
struct Measuring: Sendable {
    let pool: PostgresPool
    let kinds: [String]
    let metrics: JobMetrics

    func round() async throws {
        let rows = try await pool.execute(MeasureQueue())
        // A kind of which nothing waits has no row, and must not keep its last figure.
        for kind in Set(kinds).union(rows.map(\.kind)) {
            let row = rows.first { $0.kind == kind }
            metrics.waiting(row?.waiting ?? 0, oldestAge: row?.oldestAge ?? 0, kind: kind)
        }
        metrics.workersAlive(try await pool.execute(CountWorkersAlive()).first ?? 0)
    }
}
