package import Logging
package import Postgres

/// Something to be written in the transaction that settles a job.
///
/// Effects of one type, of all jobs settled together, go into one statement, which should therefore take arrays. The types are
/// executed in one fixed order, so one must not rely on what another writes.
package protocol Effect: Sendable {
    associatedtype S: Statement
    /// - Parameter batch: in ascending order of job, so that rows are locked in one order everywhere.
    static func statement(for batch: [(job: ClaimedJob, effect: Self)]) -> S

    /// After the commit: what is logged or counted as done is told here, since before it nothing is done.
    func wasWritten(for job: ClaimedJob, logger: Logger)
}

extension Effect {
    package func wasWritten(for job: ClaimedJob, logger: Logger) {}
}

/// One statement a type of effect, in the fixed order of the types' names, so that all sessions take their locks alike.
package func statements(writing effects: [(job: ClaimedJob, effect: any Effect)]) -> [any Statement] {
    var batches: [String: [(job: ClaimedJob, effect: any Effect)]] = [:]
    for item in effects.sorted(by: { $0.job.id < $1.job.id }) {
        batches[String(reflecting: type(of: item.effect)), default: []].append(item)
    }
    return batches.sorted { $0.key < $1.key }.compactMap { _, batch in
        guard let first = batch.first else { return nil }
        return statement(writing: batch, like: first.effect)
    }
}

private func statement<E: Effect>(
    writing batch: [(job: ClaimedJob, effect: any Effect)], like _: E
) -> any Statement {
    E.statement(for: batch.compactMap { item in (item.effect as? E).map { (job: item.job, effect: $0) } })
}
