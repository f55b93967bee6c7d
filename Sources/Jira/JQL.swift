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

    /// The value of a text search (`~`) for these words in a row, quoted; nil if there is no word in it.
    ///
    /// Jira hands the value to Lucene, which cuts it and the field's text alike into words: what is found is near, never exact.
    /// All that Lucene's syntax could mean something by becomes a blank, which separates words as well as it did.
    /// Source: https://support.atlassian.com/jira-software-cloud/docs/search-syntax-for-text-fields/
    package static func phrase(_ words: String) -> String? {
        let kept = words.map { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" ? $0 : " " }
        let pieces = String(kept).split(separator: " ").filter { $0.contains { $0.isLetter || $0.isNumber } }
        return pieces.isEmpty ? nil : quote("\"" + pieces.joined(separator: " ") + "\"")
    }
}
