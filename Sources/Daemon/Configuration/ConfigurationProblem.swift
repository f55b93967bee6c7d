/// One thing that is wrong with the configuration: where it stands, which setting it is, and what to do about it.
struct ConfigurationProblem: Error, Sendable, Hashable {
    /// `FILE:LINE`, `FILE`, `environment`, or the flag as it was typed.
    var place: String
    /// The setting as the place spells it (`worker.lease`, `JIRA_TYPE`); nil for a file as a whole.
    var key: String?
    /// What is wrong. Never holds the value of a secret.
    var message: String
    /// What the operator should do, as a clause.
    var remedy: String

    /// `file:line: key: what is wrong; remedy`, the form that editors and terminals can jump to.
    var line: String {
        let named = key.map { "\(place): \($0)" } ?? place
        return remedy.isEmpty ? "\(named): \(message)" : "\(named): \(message); \(remedy)"
    }
}

/// The configuration cannot be used. Holds every problem that was found, not only the first.
struct InvalidConfiguration: Error, Sendable {
    var problems: [ConfigurationProblem]
}
