import HTTP

/// What an operator is told to do.
extension RequestContext {
    func remedy(for kind: JiraError.Kind, _ text: RefusalText) -> String {
        switch kind {
        case .credentialsRefused: credentialsRemedy(text)
        case .anonymous: "Nothing was concluded from the answer. \(newCredentials)"
        case .captcha:
            "Log in to \(circumstances.site) once in a browser as this account and solve the CAPTCHA, or let an administrator"
                + " reset its failed login count; then resume the connection. \(newCredentials)"
        case .forbidden where text.isScopeMissing:
            "The token lacks a scope: make one that has read:servicedesk-request and write:servicedesk-request too, and set"
                + " JIRA_API_TOKEN; or leave out tickets.request_type."
        case .forbidden:
            "Give the account the permission in the project's permission scheme"
                + " (Browse Projects, Create Issues, Add Comments); `kushim-jira check` names the missing one."
        case .notFound:
            "Check the key, and that the account may see it (Browse Projects); keys are case sensitive."
        case .invalid(let fields): invalidRemedy(fields, text)
        case .rateLimited:
            "Nothing to do: it is tried again when Jira allows; jira.requests_per_hour sets a cap of our own."
        case .removedEndpoint:
            circumstances.deployment == .cloud
                ? "Update kushim-jira: Atlassian has removed what this version uses."
                : "Check the context path in JIRA_BASE_URL, and that this is Jira 8.4 or later."
        case .conflict: "Nothing to do: it is tried again."
        case .tooLarge: "Nothing more can be added to this issue; close it, and the next failure opens a new one."
        case .unavailable:
            "Nothing to do: it is tried again. If it lasts, see https://status.atlassian.com or your administrator."
        case .redirected(let origin):
            "Set JIRA_BASE_URL to the address at which Jira itself answers; \(origin) may be a login page or a new address."
        case .unreadableAnswer:
            "Check JIRA_DOMAIN or JIRA_BASE_URL with its context path: something else than Jira answers at \(circumstances.site),"
                + " such as a proxy or a login page."
        case .transport(let error): remedy(for: error)
        }
    }

    func remedy(for error: HTTPError) -> String {
        switch error.kind {
        case .cannotResolve: "Check the host name in JIRA_DOMAIN or JIRA_BASE_URL, and DNS."
        case .cannotConnect: "Check that \(circumstances.site) can be reached from this host, and the port."
        case .tls: "Check the server's certificate; for one of your own authority, install that authority on this host."
        case .invalidURL: "Check JIRA_DOMAIN or JIRA_BASE_URL."
        case .refusedAddress: "The host leads to a private address; the operator can allow that for a connection."
        case .timedOut, .connectionLost, .truncatedBody:
            "It is tried again; if it lasts, check the network and Jira's health."
        case .responseTooLarge: "Report this: Jira sent more than kushim-jira expects of this request."
        case .invalidRequest, .leaveWithdrawn, .cancelled, .shutDown, .other: ""
        }
    }

    private var newCredentials: String {
        switch circumstances.signIn {
        case .apiToken:
            "Make a new API token at https://id.atlassian.com/manage-profile/security/api-tokens (they expire after at most a"
                + " year) and set JIRA_API_TOKEN; JIRA_EMAIL must be that account's address."
        case .personalAccessToken:
            "Make a new token under Profile > Personal Access Tokens in Jira (they expire, by default after a year) and set"
                + " JIRA_PAT."
        case .password:
            "Check JIRA_USERNAME and JIRA_PASSWORD, or better make a personal access token and set JIRA_PAT."
        case .none: "This Jira tells strangers nothing: set JIRA_TYPE to cloud or server."
        }
    }

    private func credentialsRemedy(_ text: RefusalText) -> String {
        if text.isScopeMissing {
            return "The token lacks a scope: make one with read:jira-work, write:jira-work and read:jira-user, and set"
                + " JIRA_API_TOKEN."
        }
        if isBasicRefused(text) {
            return
                "This Jira takes no passwords (the default from Jira 11 on): make a personal access token and set JIRA_PAT."
        }
        guard circumstances.signIn == .apiToken else { return newCredentials }
        if circumstances.usesGateway {
            return newCredentials
                + " A token without scopes works only without JIRA_CLOUD_ID; check also that JIRA_CLOUD_ID is that of this site."
        }
        return newCredentials
            + " If the token has scopes or belongs to a service account, it works only through Atlassian's gateway: set"
            + " JIRA_CLOUD_ID to the cloudId shown at \(circumstances.site)/_edge/tenant_info."
    }

    private func isBasicRefused(_ text: RefusalText) -> Bool {
        // Cloud says so of a wrong API token too.
        circumstances.deployment == .dataCenter
            && text.messages.contains { $0.lowercased().contains("basic auth") }
    }

    /// By field rather than by Jira's words, which differ by version and language.
    private func invalidRemedy(_ fields: [String: String], _ text: RefusalText) -> String {
        guard let (field, problem) = fields.min(by: { $0.key < $1.key }) else {
            return "Compare the configuration with the project in Jira; `kushim-jira check` names what does not fit."
        }
        let words = problem.lowercased()
        if words.contains("cannot be set") || words.contains("not on the appropriate screen") {
            return "Put the field \(field) on the project's create screen, or take it out of the configuration."
        }
        switch field {
        case "project": return "Set tickets.project to a key of a project in which the account may create issues."
        case "issuetype":
            return "Set tickets.issue_type to a type that this project has; `kushim-jira check` lists them."
        case "priority": return "Set tickets.priorities to names that this project's priority scheme has."
        case "assignee", "reporter":
            return "Set tickets.assignee to a person who can be assigned issues in this project."
        case "components": return "Create the component in the project, or take it out of tickets.components."
        // `pid` is Jira's name for a project that is not the parent's.
        case "parent", "pid": return "Set tickets.parent to an issue that can be the parent of this issue type."
        default: break
        }
        return words.contains("required")
            ? "Give it a value in tickets.fields, for example `fields: {\(field): \"...\"}`, or make it optional in Jira."
            : "Correct the value of \(field) in the configuration (tickets.fields)."
    }
}
