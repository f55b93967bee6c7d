import Postgres

/// An error of a handler that tells of the database as a whole, as a `PostgresError` may: it costs no job an attempt. Its
/// description names the remedy.
package protocol ErrorOfTheDatabase: Error {}

/// What is wrong with the database, and no fault of the job that met with it.
struct DatabaseFault: Error, CustomStringConvertible {
    /// With the remedy.
    let description: String
    /// It lasts until an operator mends it. A server that is away or busy is no such fault: the claims tell of it.
    let isLasting: Bool

    /// nil where the error may be the job's own fault.
    init?(_ error: any Error) {
        if let error = error as? PostgresError {
            guard error.isDatabasesFault else { return nil }
            description = error.description + (error.remedy.map { "; \($0)" } ?? "")
            isLasting = error.isLockTimeout || !error.isOutage && !error.isRetryable
        } else if error is any ErrorOfTheDatabase {
            description = String(describing: error)
            isLasting = true
        } else {
            return nil
        }
    }

    /// What is written for this job is refused, even that it failed.
    init(refusing error: any Error) {
        description = "what is written for a job is refused: \(error)"
        isLasting = true
    }
}
