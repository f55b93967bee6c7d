import Logging
import Postgres
import Synchronization

/// Says once that something stopped working and once that it works again, however often it is tried in between.
final class Outage: Sendable {
    private let what: String
    private let logger: Logger
    private let isOn = Mutex(false)

    init(_ what: String, logger: Logger) {
        self.what = what
        self.logger = logger
    }

    func failed(_ error: any Error) {
        let wasOn = isOn.withLock { isOn in
            defer { isOn = true }
            return isOn
        }
        logger.log(
            level: wasOn ? .debug : .warning, "\(what) failed; trying again",
            metadata: ["error": "\(error)\(remedy(error))"])
    }

    func recovered() {
        let wasOn = isOn.withLock { isOn in
            defer { isOn = false }
            return isOn
        }
        if wasOn { logger.info("\(what) works again") }
    }

    private func remedy(_ error: any Error) -> String {
        guard let error = error as? PostgresError else { return "" }
        return switch error.sqlState {
        case .undefinedTable: "; the schema is missing or old: run `kushim-jira migrate`"
        case .insufficientPrivilege: "; grant the daemon's login its role: GRANT kushim_jira_worker TO it"
        default: ""
        }
    }
}
