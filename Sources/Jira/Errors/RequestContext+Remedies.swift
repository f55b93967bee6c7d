import HTTP

/// What an operator is told to do: by deployment, sign-in and what was sent. Jira's words decide nothing, since they differ by
/// version and language.
extension RequestContext {
    /// - Parameters:
    ///   - status: of the answer; nil where there was none.
    ///   - isScopeMissing: whether Atlassian's gateway says so, in the words that it has in every language.
    func remedy(for kind: JiraError.Kind, status: Int? = nil, isScopeMissing: Bool = false) -> String {
        switch kind {
        case .credentialsRefused: credentialsRemedy(isScopeMissing: isScopeMissing)
        case .anonymous: "Nothing was concluded from the answer. \(newCredentials)"
        case .captcha:
            "Log in to \(circumstances.site) once in a browser as this account and solve the CAPTCHA, or let an administrator"
                + " reset its failed login count; then run `kushim-jira connections resume CUSTOMER`. \(newCredentials)"
        case .forbidden where isScopeMissing:
            "The token lacks a scope: make one that has read:servicedesk-request and write:servicedesk-request too, and set"
                + " JIRA_API_TOKEN; or leave out tickets.request_type."
        case .forbidden:
            "Give the account the permission in the project's permission scheme"
                + " (Browse Projects, Create Issues, Add Comments); `kushim-jira check` names the missing one."
        case .notFound:
            "Check the key, and that the account may see it (Browse Projects); keys are case sensitive."
        case .invalid(let fields): invalidRemedy(fields)
        case .rateLimited:
            "Nothing to do: it is tried again when Jira allows, or at once after `kushim-jira connections resume CUSTOMER`."
        case .removedEndpoint: removedRemedy
        case .conflict: "Nothing to do: it is tried again."
        case .tooLarge: "Nothing more can be added to this issue; close it, and the next failure opens a new one."
        case .unavailable:
            "Nothing to do: it is tried again. If it lasts, "
                + (circumstances.deployment == .cloud
                    ? "see https://status.atlassian.com." : "ask your Jira's administrator.")
        case .redirected(let origin):
            "Set \(setting) to the address at which Jira itself answers; \(origin) may be a login page or a new address."
                + serverHint
        case .unreadableAnswer: unreadableRemedy(status)
        case .transport(let error): remedy(for: error)
        }
    }

    func remedy(for error: HTTPError) -> String {
        switch error.kind {
        case .cannotResolve: "Check the host name in \(setting), and DNS."
        case .cannotConnect: "Check that \(circumstances.site) can be reached from this host, and the port."
        case .proxyRefused(401), .proxyRefused(407):
            "Put the proxy's user name and password into HTTPS_PROXY or jira.proxy: http://user:password@host:port."
        case .proxyRefused(429):
            "Nothing to do: it is tried again. If it lasts, ask for more at the proxy, which limits how many connections it gives."
        case .proxyRefused(500...):
            "Nothing to do: it is tried again. If it lasts, look after the proxy: it is unavailable, or does not reach"
                + " \(circumstances.site)."
        case .proxyRefused:
            "Have the proxy of HTTPS_PROXY let \(circumstances.site) through, or name its host in NO_PROXY."
        case .tls:
            "Check the server's certificate; for one of your own authority, set JIRA_CA_FILE to that authority's certificate"
                + " (PEM), also if a proxy puts it in the place of Jira's."
        case .invalidURL: "Check \(setting)."
        case .refusedAddress: "The host leads to a private address; the operator can allow that for a connection."
        case .timedOut, .connectionLost, .truncatedBody:
            "It is tried again; if it lasts, check the network and Jira's health."
        case .responseTooLarge: "Report this: Jira sent more than kushim-jira expects of this request."
        case .invalidRequest, .leaveWithdrawn, .cancelled, .shutDown, .other: ""
        }
    }

    static let remedyForMissingName =
        "Let what stands between kushim-jira and Jira (a proxy, a firewall) pass the response header X-AAccountId: without it,"
        + " that nothing was found proves nothing."

    private var setting: String { circumstances.settings.site }

    // MARK: Who we are

    private var newCredentials: String {
        switch (circumstances.signIn, circumstances.deployment) {
        case (.none, _): "This Jira tells strangers nothing: set JIRA_TYPE to cloud or server."
        case (_, .cloud):
            "Make a new API token at https://id.atlassian.com/manage-profile/security/api-tokens (they expire after at most a"
                + " year) and set JIRA_API_TOKEN; JIRA_EMAIL must be that account's address."
        case (.password, .dataCenter):
            "Check JIRA_USERNAME and JIRA_PASSWORD. Jira 11 and later take no passwords by default: from Jira 8.14 on, make a"
                + " token under Profile > Personal Access Tokens and set JIRA_PAT."
        case (_, .dataCenter):
            "Make a new token under Profile > Personal Access Tokens in Jira (they expire, by default after a year) and set"
                + " JIRA_PAT."
        }
    }

    private func credentialsRemedy(isScopeMissing: Bool) -> String {
        guard circumstances.deployment == .cloud, circumstances.signIn != .none else { return newCredentials }
        if isScopeMissing {
            return "The token lacks a scope: make one with read:jira-work, write:jira-work and read:jira-user, and set"
                + " JIRA_API_TOKEN."
        }
        let cloudID = circumstances.settings.cloudID
        guard circumstances.usesGateway else {
            return newCredentials
                + " If the token has scopes or belongs to a service account, it works only through Atlassian's gateway: set"
                + " \(cloudID) to the cloudId shown at \(circumstances.site)/_edge/tenant_info." + serverHint
        }
        return cloudID == "JIRA_CLOUD_ID"
            ? newCredentials
                + " A token without scopes works only without JIRA_CLOUD_ID; check also that JIRA_CLOUD_ID is that of this site."
            : newCredentials
                + " A token without scopes works only at the site itself: set \(cloudID) to \(circumstances.site); else check"
                + " the cloud id in \(cloudID)."
    }

    // MARK: Where Jira is

    /// Only where an address is not Atlassian's can what was taken for Cloud be a Server.
    private var serverHint: String {
        let isAtlassians = (try? SiteURL(circumstances.site, setting: ""))?.isAtlassianSite ?? false
        guard circumstances.deployment == .cloud, !circumstances.usesGateway, !isAtlassians else { return "" }
        return " If it is a Server or Data Center, set JIRA_TYPE to server, or leave it out."
    }

    private var removedRemedy: String {
        switch circumstances.deployment {
        case .cloud where serverHint.isEmpty: "Update kushim-jira: Atlassian has removed what this version uses."
        case .cloud:
            "Update kushim-jira, if this is Jira Cloud: Atlassian has removed what this version uses." + serverHint
        case .dataCenter: "Check the context path in \(setting), and that this is Jira 8.4 or later."
        }
    }

    private func unreadableRemedy(_ status: Int?) -> String {
        if circumstances.usesGateway, status == 404 {
            return
                "Atlassian's gateway knows no Jira under that cloud id: set \(circumstances.settings.cloudID) to the cloudId"
                + " shown at \(circumstances.site)/_edge/tenant_info; if it is that, the gateway has trouble of its own."
        }
        if circumstances.usesGateway {
            return
                "Check what stands between kushim-jira and Atlassian's gateway, such as a proxy or a firewall: it answers"
                + " in Jira's stead."
        }
        return "Check \(setting) with its context path: something else than Jira answers at \(circumstances.site),"
            + " such as a proxy or a login page." + serverHint
    }

    // MARK: What was sent

    /// A field that was not sent and is named all the same is demanded; one that was sent does not please.
    private func invalidRemedy(_ fields: [String: String]) -> String {
        let names = fields.keys.sorted()
        if let sentFields, let demanded = names.first(where: { !sentFields.contains($0) }) {
            return remedy(forDemanded: demanded)
        }
        return names.first.map { remedy(forRefused: $0) }
            ?? "Compare the configuration with the project in Jira; `kushim-jira check` names what does not fit."
    }

    private func remedy(forDemanded field: String) -> String {
        switch field {
        // `pid` is Jira's name for a project that is not the parent's.
        case "pid": remedy(forRefused: field)
        case "project", "issuetype": remedy(forRefused: field)
        case _ where Self.ownSettings[field] != nil:
            "Give it a value in \(Self.ownSettings[field] ?? ""), or make it optional in Jira."
        default:
            "Give it a value in tickets.fields, for example `fields: {\(field): \"...\"}`, or make it optional in Jira."
        }
    }

    private func remedy(forRefused field: String) -> String {
        switch field {
        case "project": "Set tickets.project to a key of a project in which the account may create issues."
        case "issuetype":
            api == .serviceDesk
                ? "Set tickets.request_type to a type that this service desk has; `kushim-jira check` lists them."
                : "Set tickets.issue_type to a type that this project has; `kushim-jira check` lists them."
        case "priority":
            "Set tickets.priorities to names that this project's priority scheme has, or put the field on the create screen."
        case "assignee": "Set tickets.assignee to a person who can be assigned issues in this project."
        case "components": "Create the component in the project, or take it out of tickets.components."
        case "parent", "pid": "Set tickets.parent to an issue that can be the parent of this issue type."
        case "labels": "Put the field Labels on the project's create screen, or correct tickets.labels."
        case "duedate": "Put the field Due date on the project's create screen."
        case "summary", "description": "Correct tickets.\(field)."
        default:
            "Correct tickets.fields.\(field) or take it out, or put the field on the project's create screen."
        }
    }

    /// Of the fields that settings of their own decide; for the others there is `tickets.fields`.
    private static let ownSettings = [
        "summary": "tickets.summary", "description": "tickets.description", "priority": "tickets.priorities",
        "labels": "tickets.labels", "components": "tickets.components", "assignee": "tickets.assignee",
        "duedate": "sla.due", "parent": "tickets.parent",
    ]
}
