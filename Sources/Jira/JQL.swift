/// Pieces of the Jira Query Language.
package enum JQL {
    /// A value as a quoted string: nothing in it can end the string or become an operator, and reserved words
    /// (a project may be called `IN`) are harmless. The escapes are those of Jira's own encoder.
    package static func quote(_ value: String) -> String {
        var quoted = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.properties.generalCategory == .control || scalar.properties.isNoncharacterCodePoint:
                for unit in String(scalar).utf16 {
                    let hex = String(unit, radix: 16, uppercase: true)
                    quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// `("a", "b")`, for `in`. An empty list is no JQL: do not ask for it.
    package static func list(_ values: [String]) -> String {
        "(" + values.map(quote).joined(separator: ", ") + ")"
    }
}
