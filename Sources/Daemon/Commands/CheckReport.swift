import Jira
import Migrations

/// What `check` found, step by step, as the guide's "Test Connection" shows it.
struct CheckReport {
    enum Finding {
        case ok(String)
        case problem(String, remedy: String, ExitStatus)
        case skipped(String)
        /// Costs no ticket.
        case warning(String)
    }

    private var steps: [(name: String, finding: Finding)] = []
    private var projects: [JiraProject] = []

    mutating func add(_ name: String, _ finding: Finding) {
        steps.append((name, finding))
    }

    mutating func add(_ name: String, _ failure: CommandFailure) {
        add(name, .problem(failure.message, remedy: failure.hint ?? "see the message", failure.status))
    }

    mutating func add(_ check: ConnectionCheck) {
        for step in check.steps {
            let name = step.project.map { "\(step.subject.title) in \($0)" } ?? step.subject.title
            switch step.finding {
            case .ok(let text): add(name, .ok(text))
            case .skipped(let why): add(name, .skipped(why))
            case .problem(let text, let remedy, let error):
                add(name, .problem(text, remedy: remedy, error?.exitStatus ?? .problemFound))
            }
        }
        projects = check.projects
    }

    /// nil when there is nothing to mend; of several problems the first decides.
    var status: ExitStatus? {
        for step in steps {
            if case .problem(_, _, let status) = step.finding { return status }
        }
        return nil
    }

    var text: String {
        let style = TerminalStyle.standardOutput(ProcessFacts.environment)
        var lines: [String] = []
        for (name, finding) in steps.map({ ($0.name.escapingControls, $0.finding) }) {
            switch finding {
            case .ok(let text): lines.append("\(style.green("✓")) \(name): \(text.escapingControls)")
            case .skipped(let why): lines.append("\(style.dim("-")) \(name): \(why.escapingControls)")
            case .warning(let text): lines.append("\(style.yellow("!")) \(name): \(text.escapingControls)")
            case .problem(let text, let remedy, _):
                lines.append("\(style.red("✗")) \(name): \(text.escapingControls)")
                lines.append("  \(style.bold("hint:")) \(remedy.escapingControls)")
            }
        }
        if !projects.isEmpty {
            lines += ["", "Available projects:"]
            lines += projects.prefix(50).map { "  • \($0.key) - \($0.name)".escapingControls }
            if projects.count > 50 { lines.append("  and \(projects.count - 50) more") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    struct Document: Encodable {
        struct Step: Encodable {
            var name: String
            var result: String
            var message: String
            var remedy: String?
        }

        var isSuccessful: Bool
        var steps: [Step]
        var projects: [String]
    }

    var document: Document {
        Document(
            isSuccessful: status == nil,
            steps: steps.map { name, finding in
                switch finding {
                case .ok(let text): Document.Step(name: name, result: "ok", message: text)
                case .warning(let text): Document.Step(name: name, result: "warning", message: text)
                case .skipped(let why): Document.Step(name: name, result: "skipped", message: why)
                case .problem(let text, let remedy, _):
                    Document.Step(name: name, result: "problem", message: text, remedy: remedy)
                }
            }, projects: projects.map(\.key))
    }
}

extension ConnectionCheck.Step.Subject {
    fileprivate var title: String {
        switch self {
        case .domain: "Domain Reachable"
        case .authentication: "Authentication"
        case .apiVersion: "API Access"
        case .user: "User"
        case .projects: "Projects"
        case .permissions: "Permissions"
        case .issueType: "Issue type"
        case .requestType: "Request type"
        case .requiredFields: "Required fields"
        }
    }
}

extension JiraError {
    var exitStatus: ExitStatus {
        switch kind {
        case .credentialsRefused, .captcha, .anonymous: .refused
        case .transport, .unavailable, .rateLimited: .unavailable
        default: .problemFound
        }
    }
}

extension SchemaState {
    /// What keeps the daemon from working with it.
    var problem: (message: String, remedy: String)? {
        switch self {
        case .current: nil
        case .absent: ("there is none in this database", "run: kushim-jira migrate")
        case .behind(let missing): ("lacks \(missing.joined(separator: ", "))", "run: kushim-jira migrate")
        case .ahead(let database, let binary):
            ("is version \(database), and this program knows up to \(binary)", "install the newer kushim-jira")
        case .changed(let files):
            (
                "\(files.joined(separator: ", ")) was applied with another content",
                "install the release that made this schema, or restore the database"
            )
        case .wrongEncoding(let encoding): (AskForEncoding.problem(encoding), AskForEncoding.remedy)
        }
    }
}
