import Jira

/// A variable of a template that has no value, or never will have one.
package struct TemplateWarning: Sendable, Hashable, CustomStringConvertible {
    /// The setting, such as `tickets.summary`.
    package var setting: String
    package var variable: String
    /// A variable that was perhaps meant.
    package var nearest: String?
    /// Whether the variable is one of ours or in the payload, and only lacks a value this time.
    package var isKnown: Bool

    package var description: String {
        if isKnown {
            return "\(setting): {\(variable)} has no value in this payload and is left empty"
        }
        let hint = nearest.map { "; did you mean {\($0)}?" } ?? ""
        return "\(setting): {\(variable)} is neither a variable of kushim-jira nor in the payload\(hint)"
    }
}

extension TemplateWarning {
    /// The variables of a template that are empty with these values and have no default, each once.
    static func warnings(
        for variables: [TemplateVariable], of setting: String, _ values: TemplateValues
    ) -> [TemplateWarning] {
        var seen: Set<String> = []
        return variables.compactMap { variable in
            guard variable.fallback == nil, values.value(variable.name) == nil, seen.insert(variable.name).inserted
            else {
                return nil
            }
            let isKnown = values.knows(variable.name)
            let candidates = TemplateValues.names + values.payload.keys.sorted()
            return TemplateWarning(
                setting: setting, variable: variable.name,
                nearest: isKnown ? nil : nearestName(to: variable.name, among: candidates), isKnown: isKnown)
        }
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
