import Jira

/// A variable of a template that has no value, or never will have one, or is not what somebody meant.
package struct TemplateWarning: Sendable, Hashable, CustomStringConvertible {
    package enum Problem: Sendable, Hashable {
        /// It is one of ours or in the payload, and only lacks a value this time.
        case noValue
        /// It is neither; perhaps another was meant.
        case unknown(nearest: String?)
        /// The same, where no payload is at hand.
        case notOurs(nearest: String?)
        /// A default that looks like a filter.
        case likeFilter(written: String, nearest: String)
        /// As other programs write it: `{{controlId}}`.
        case foreign(written: String)
    }

    /// The setting, such as `tickets.summary`.
    package var setting: String
    package var variable: String
    package var problem: Problem

    package var description: String { "\(setting): \(words)" }

    private var words: String {
        switch problem {
        case .noValue: "{\(variable)} has no value in this payload and is left empty"
        case .unknown(let nearest):
            "{\(variable)} is neither a variable of kushim-jira nor in the payload" + Self.hint(nearest)
        case .notOurs(let nearest):
            "{\(variable)} is no variable of kushim-jira: only payloads with a key of this name fill it"
                + Self.hint(nearest)
        case .likeFilter(let written, let nearest):
            "{\(variable)|\(written)} says \"\(written)\" where there is no value; did you mean {\(variable)|\(nearest)}?"
        case .foreign(let written): "\(written) is not how a variable is written; write {\(variable)}"
        }
    }

    private static func hint(_ nearest: String?) -> String { nearest.map { "; did you mean {\($0)}?" } ?? "" }
}

extension TemplateWarning {
    /// What is to be said of the variables of a template with these values, each once.
    /// - Parameter hasPayload: false where the values stand for any failure's.
    static func warnings(
        for variables: [TemplateVariable], of setting: String, _ values: TemplateValues, hasPayload: Bool
    ) -> [TemplateWarning] {
        var seen: Set<TemplateVariable> = []
        return variables.compactMap { variable in
            guard seen.insert(TemplateVariable(name: variable.name, fallback: variable.fallback)).inserted,
                let problem = problem(of: variable, values, hasPayload: hasPayload)
            else { return nil }
            return TemplateWarning(setting: setting, variable: variable.name, problem: problem)
        }
    }

    private static func problem(
        of variable: TemplateVariable, _ values: TemplateValues, hasPayload: Bool
    ) -> Problem? {
        if let written = variable.fallback,
            let nearest = nearestWord(to: written, among: TemplateVariable.Filter.allCases.map(\.rawValue))
        {
            return .likeFilter(written: written, nearest: nearest)
        }
        guard values.value(variable.name) == nil else { return nil }
        if values.knows(variable.name) { return variable.fallback == nil ? .noValue : nil }
        let nearest = nearestName(to: variable.name, among: TemplateValues.names + values.payload.keys.sorted())
        // With a default, a key that only some payloads have is no slip.
        guard variable.fallback == nil || nearest != nil else { return nil }
        return hasPayload ? .unknown(nearest: nearest) : .notOurs(nearest: nearest)
    }

    /// The name that most likely was meant; nil if none is near.
    static func nearestName(to name: String, among names: [String]) -> String? {
        let distances = names.map { ($0, distance(name.lowercased(), $0.lowercased())) }
        guard let (nearest, distance) = distances.min(by: { $0.1 < $1.1 }) else { return nil }
        return distance <= max(2, name.count / 3) ? nearest : nil
    }

    /// How many characters to insert, remove or replace (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.prefix(64))
        var row = Array(0...right.count)
        for (i, leftCharacter) in left.prefix(64).enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, rightCharacter) in right.enumerated() {
                let replaced = diagonal + (leftCharacter == rightCharacter ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
