/// One thing that is wrong with the configuration: where it stands, which setting it is, and what to do about it.
struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// `FILE:LINE`, `FILE`, `environment`, or the flag as it was typed.
    var place: String
    /// The setting as the place spells it (`worker.lease`, `JIRA_TYPE`); nil for a file as a whole.
    var key: String?
    /// What is wrong. Never holds the value of a secret.
    var message: String
    /// What the operator should do, as a clause.
    var remedy: String

    var description: String { line }

    /// `file:line: key: what is wrong; remedy`, the form that editors and terminals can jump to.
    var line: String {
        let named = key.map { "\(place): \($0)" } ?? place
        return remedy.isEmpty ? "\(named): \(message)" : "\(named): \(message); \(remedy)"
    }
}

extension ConfigurationProblem {
    /// Of a key that is not known where it stands.
    /// - Parameters:
    ///   - section: where the key's dots would lead.
    ///   - key: its whole path.
    ///   - remedy: for a key that is known nowhere.
    init(misplaced section: (section: String, rest: String)?, place: String, key: String, remedy: String) {
        guard let section else {
            self.init(place: place, key: key, message: "unknown key", remedy: remedy)
            return
        }
        let (outer, inner) = section
        self.init(
            place: place, key: key, message: "a dot does not lead into a section",
            remedy: "write `\(outer):` with `\(inner):` under it, indented")
    }
}

/// The configuration cannot be used. Holds every problem that was found, not only the first.
struct InvalidConfiguration: Error, Sendable, CustomStringConvertible {
    var problems: [ConfigurationProblem]
    var description: String { problems.map(\.line).joined(separator: "; ") }
}
