/// Why a command could not do its work, in the words the operator reads.
struct CommandFailure: Error, Sendable, CustomStringConvertible {
    var status: ExitStatus
    /// The thing that failed: a file, the database, a setting.
    var what: String
    var message: String
    /// Lines that belong to the message, one finding each.
    var details: [String] = []
    /// What to do next, as a sentence.
    var hint: String?

    /// One line, for logs.
    var description: String {
        (["\(what): \(message)"] + details + (hint.map { ["hint: \($0)"] } ?? [])).joined(separator: "; ")
    }

    /// `kushim-jira: what: message`, the details, and `hint: ...`.
    func report(_ style: TerminalStyle) -> String {
        var lines = ["\(style.bold("kushim-jira:")) \(style.red(what)): \(message.escapingControls)"]
        lines += details.map { "  " + $0.escapingControls }
        if let hint { lines.append("\(style.bold("hint:")) \(hint.escapingControls)") }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension CommandFailure {
    init(_ invalid: InvalidConfiguration) {
        let count = invalid.problems.count
        self.init(
            status: .configuration, what: "configuration",
            message: count == 1 ? "there is a problem" : "there are \(count) problems",
            details: invalid.problems.map(\.line), hint: nil)
    }
}
