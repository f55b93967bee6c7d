/// How long what is written for jobs waits for locks that other sessions hold.
package enum LockLimit: Sendable {
    /// Of several jobs together: longer than any transaction of a worker holds its locks.
    case together
    /// Of one job, after all have waited together.
    case alone

    /// As PostgreSQL reads `lock_timeout`.
    package var setting: String {
        switch self {
        case .together: "1s"
        case .alone: "100ms"
        }
    }
}
