extension String {
    /// The text as Jira takes it for a summary or a single-line text field: no line ends and control characters, no white
    /// space at the ends, no more than `limit` UTF-16 units. What is longer is cut after a whole character (grapheme
    /// cluster) and ends in an ellipsis. Empty if nothing of the text can be seen.
    ///
    /// Jira refuses a summary of more than 255 characters, or of 255 in old versions: 254 pass everywhere.
    package func singleLine(limit: Int = 254) -> String {
        let line = CleanText.singleLine(self)
        if line.unicodeScalars.allSatisfy({ !$0.isASCII && $0.properties.isDefaultIgnorableCodePoint }) {
            return ""
        }
        if line.utf8.count <= limit || line.utf16.count <= limit {
            return line
        }
        let kept = line.prefix(utf16Units: limit - 1)
        return String(kept.last == " " ? kept.dropLast() : kept) + "…"
    }
}
