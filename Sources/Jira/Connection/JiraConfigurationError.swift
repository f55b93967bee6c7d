/// A setting with which no Jira can be spoken to. Nothing was sent.
package struct JiraConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name as in the environment, for example `JIRA_DOMAIN`.
    package var setting: String
    package var problem: String
    /// A sentence: what to do about it.
    package var remedy: String

    package init(setting: String, problem: String, remedy: String) {
        self.setting = setting
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String { "\(setting) \(problem). \(remedy)" }
}

/// Why settings did not become a connection.
package enum JiraConnectionError: Error, Sendable, CustomStringConvertible {
    case configuration(JiraConfigurationError)
    /// The server had to be asked what it is and did not say.
    case server(JiraError)

    package var description: String {
        switch self {
        case .configuration(let error): error.description
        case .server(let error): error.description
        }
    }
}
