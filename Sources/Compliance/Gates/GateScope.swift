import Jira
import Postgres

/// What a gate shuts off.
struct GateScope: Sendable, Hashable, CustomStringConvertible {
    /// With the names of projects and customers in it.
    private let name: ExactText

    /// - Parameter description: as the database has it.
    init(description: String) {
        name = ExactText(description)
    }

    var description: String { name.text }

    /// All requests to a Jira.
    static func site(_ connection: JiraConnection) -> GateScope {
        site(at: connection.baseURL)
    }

    static func site(at baseURL: String) -> GateScope {
        GateScope(description: "jira \(baseURL)")
    }

    /// The creation of issues of one type, or of requests of one type, in one project.
    ///
    /// - Parameter customerID: whose own settings say what is sent there: what is wrong with them keeps nobody else out.
    static func target(
        at baseURL: String, project: String, _ kind: IssueKind, of customerID: String? = nil
    ) -> GateScope {
        GateScope(description: "jira \(baseURL) \(project)/\(kind)\(customerID.map { " of \($0)" } ?? "")")
    }
}

/// Why a gate is shut.
enum GateCause: String, Sendable {
    case rateLimited = "rate_limited"
    case unavailable
    /// Refused, or a CAPTCHA: until a person has acted.
    case credentials
    /// Project, issue type, a required field, a permission: until a person has acted.
    case configuration
}

/// A gate that is shut, as it was read.
struct ShutGate: Sendable {
    var scope: GateScope
    var cause: GateCause
    var reason: String
    var remedy: String
    /// Somebody is trying whether it can be opened: soon more is known than `remaining` says.
    var isProbed: Bool
    /// Until the next probe, when it was read.
    var remaining: Duration

    var words: String { remedy.isEmpty ? reason : "\(reason) \(remedy)" }
}

/// How long gates stay shut.
package struct GateTiming: Sendable {
    /// After refused credentials; asking more often would lock the account.
    package var credentials: Duration = .seconds(300)
    package var configuration: Duration = .seconds(60)
    /// Where Jira does not say; doubled with each failed probe.
    package var rateLimited: Duration = .seconds(1)
    package var unavailable: Duration = .seconds(2)
    /// The longest of the two that are doubled.
    package var longest: Duration = .seconds(60)
    /// For how long others stay out while one probes.
    package var probe: Duration = .seconds(30)
    /// For how long what was read of the gates is believed.
    package var freshness: Duration = .seconds(1)
    /// Requests in a row without a known outcome that shut the gate of a site.
    package var doubtsInARow = 5
    /// Before an operator is told again of a gate that was opened meanwhile and is shut for the same reason.
    package var silence: Duration = .seconds(3_600)

    package init() {}

    func delay(_ cause: GateCause) -> Duration {
        switch cause {
        case .credentials: credentials
        case .configuration: configuration
        case .rateLimited: rateLimited
        case .unavailable: unavailable
        }
    }
}
