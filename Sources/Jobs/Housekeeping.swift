import Postgres

/// Forgets what ended long ago.
struct Forgetting: Sendable {
    let pool: PostgresPool
    let configuration: WorkerConfiguration

    func round() async throws {
        let retention = configuration.retention
        try await makeRoom()
        while try await pool.execute(ForgetJobs(retention: retention)).first ?? 0 > 0 {}
        _ = try await pool.execute(RemoveOldWorkers(age: retention.completed))
    }

    func makeRoom() async throws {
        _ = try await pool.execute(ExtendRanges(span: configuration.retention.span))
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
