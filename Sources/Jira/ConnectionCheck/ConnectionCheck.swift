/// The integration guide's "Test Connection" as data: what was looked at, what is wrong, and what to do about it. Changes nothing in Jira.
package struct ConnectionCheck: Sendable {
    package struct Step: Sendable {
        package enum Subject: String, Sendable {
            case domain, authentication, apiVersion, user, projects
            /// Of one project, named in `project`.
            case permissions, issueType, requestType, requiredFields
        }

        package enum Finding: Sendable {
            case ok(String)
            /// `error`: what Jira or the network said, if that is the reason.
            case problem(String, remedy: String, error: JiraError?)
            /// Could not be looked at, since something before it failed.
            case skipped(String)
        }

        package var subject: Subject
        package var project: String?
        package var finding: Finding

        package var isProblem: Bool {
            if case .problem = finding { true } else { false }
        }
    }

    /// What tickets are to be made: in which project, of which type, with which fields filled in.
    package struct Target: Sendable, Hashable {
        package var projectKey: String
        package var kind: IssueKind
        /// Ids of the fields that tickets will have, beside those every ticket has.
        package var suppliedFields: Set<String>

        package init(projectKey: String, kind: IssueKind, suppliedFields: Set<String> = []) {
            self.projectKey = projectKey
            self.kind = kind
            self.suppliedFields = suppliedFields
        }
    }

    package var steps: [Step] = []
    /// Those in which the account can create issues (Data Center: that it sees).
    package var projects: [JiraProject] = []

    package var isSuccessful: Bool {
        !steps.contains(where: \.isProblem)
    }

    /// The first thing to mend.
    package var firstProblem: Step? {
        steps.first(where: \.isProblem)
    }

    mutating func add(_ subject: Step.Subject, _ project: String? = nil, _ finding: Step.Finding) {
        steps.append(Step(subject: subject, project: project, finding: finding))
    }
}
