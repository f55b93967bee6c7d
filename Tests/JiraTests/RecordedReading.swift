import TestSupport
import Testing

@testable import Jira

/// Which of our questions recorded answers belong to, and what is to be read in them: in one line, once by the client and once
/// straight from the body.
struct RecordedReading: Sendable, CustomTestStringConvertible {
    typealias Question = @Sendable (JiraClient) async throws(JiraError) -> String

    var deployment: JiraConnection.Deployment
    var names: [String]
    var ask: Question
    var expected: @Sendable (JSONValue) -> String

    var testDescription: String { names[0] }

    init(
        _ deployment: JiraConnection.Deployment, _ names: [String], _ ask: @escaping Question,
        _ expected: @escaping @Sendable (JSONValue) -> String
    ) {
        self.deployment = deployment
        self.names = names
        self.ask = ask
        self.expected = expected
    }

    /// Refused: how, and whether the request may have had its effect.
    init(
        _ deployment: JiraConnection.Deployment, _ names: [String], _ ask: @escaping Question, refused: String,
        _ outcome: JiraError.Outcome = .notDone
    ) {
        self.init(deployment, names, ask) { _ in "\(refused) \(outcome)" }
    }

    // MARK: Questions

    static let serverInfo: Question = { client async throws(JiraError) in
        let server = try await client.exchange.withoutCredentials.send(ServerInfo()).response
        return "\(server.deployment) \(server.version)"
    }
    static let myself: Question = { client async throws(JiraError) in
        let user = try await client.send(Myself())
        return "\(user.id) \(user.displayName) \(user.isActive)"
    }
    static let project: Question = { client async throws(JiraError) in
        let project = try await client.send(GetProject("X"))
        return "\(project.id) \(project.key) \(project.issueTypes.map(\.id))"
    }
    static let projects: Question = { client async throws(JiraError) in
        let page = try await client.send(ListProjects())
        return "\(page.items.map(\.key))"
    }
    static let issue: Question = { client async throws(JiraError) in
        let issue = try await client.send(GetIssue("X-1"))
        return "\(issue.id) \(issue.key)"
    }
    static let search: Question = { client async throws(JiraError) in
        let page = try await client.send(SearchIssues(jql: "x"))
        return "\(page.items.map(\.key)) \(page.next == nil ? "last" : "more")"
    }
    static let create: Question = { client async throws(JiraError) in
        let issue = try await client.send(CreateIssue(fields: ["summary": "x"]))
        return "\(issue.id) \(issue.key)"
    }
    static let comment: Question = { client async throws(JiraError) in
        let comment = try await client.send(AddComment(to: "X-1", body: "x"))
        return "\(comment.id) \(comment.created != nil)"
    }
    static let comments: Question = { client async throws(JiraError) in
        let page = try await client.send(ListComments(of: "X-1"))
        return "\(page.items.map(\.id))"
    }
    static let permissions: Question = { client async throws(JiraError) in
        let held = try await client.send(MyPermissions(projectKey: "X", MyPermissions.Permission.allCases))
        return "\(held.map(\.rawValue).sorted())"
    }
    static let types: Question = { client async throws(JiraError) in
        let page = try await client.send(ListCreatableIssueTypes(project: "X"))
        return "\(page.items.map(\.name))"
    }
    static let fields: Question = { client async throws(JiraError) in
        let page = try await client.send(ListCreateFields(project: "X", issueTypeID: "1"))
        return
            "\(page.items.map { "\($0.id) \($0.isRequired) \($0.allowedValues.count)" }) \(page.next == nil ? "last" : "more")"
    }
    static let users: Question = { client async throws(JiraError) in
        "\(try await client.send(FindUsers("x", assignableIn: "X")).map(\.displayName))"
    }
    static let resolutions: Question = { client async throws(JiraError) in
        "\(try await client.send(ListResolutions()).items)"
    }
    static let bulkFetch: Question = { client async throws(JiraError) in
        "\(try await client.send(BulkFetchIssues(["X-1"])).map(\.key))"
    }
    static let desks: Question = { client async throws(JiraError) in
        "\(try await client.send(ListServiceDesks()).items.map(\.id))"
    }
    static let form: Question = { client async throws(JiraError) in
        "\(try await client.send(GetRequestForm(serviceDeskID: "1", requestTypeID: "2")).map(\.id))"
    }

    static let questions = [
        serverInfo, myself, project, projects, issue, search, comments, permissions, types, fields, users, resolutions,
        bulkFetch, desks, form,
    ]

    // MARK: What stands in the body

    private static func text(_ value: JSONValue?) -> String { value?.stringValue ?? "" }

    private static func texts(_ values: JSONValue?, _ key: String) -> [String] {
        (values?.arrayValue ?? []).map { text($0[key]) }
    }

    private static func server(_ body: JSONValue) -> String {
        let isCloud = body["deploymentType"] == "Cloud"
        return "\(isCloud ? JiraConnection.Deployment.cloud : .dataCenter) \(text(body["version"]))"
    }

    private static func user(_ body: JSONValue) -> String {
        "\(text(body["accountId"] ?? body["name"])) \(text(body["displayName"])) \(body["active"]?.boolValue == true)"
    }

    private static func idAndKey(_ body: JSONValue) -> String { "\(text(body["id"])) \(text(body["key"]))" }

    private static func foundOnCloud(_ body: JSONValue) -> String {
        "\(texts(body["issues"], "key")) \(body["nextPageToken"] == nil ? "last" : "more")"
    }

    private static func foundOnDataCenter(_ body: JSONValue) -> String {
        let issues = body["issues"]?.arrayValue ?? []
        let end = (body["startAt"]?.integerValue ?? 0) + Int64(issues.count)
        // One that was asked for no issue at all goes on nowhere.
        let isLast = issues.isEmpty || end >= body["total"]?.integerValue ?? 0
        return "\(texts(body["issues"], "key")) \(isLast ? "last" : "more")"
    }

    private static func screen(_ body: JSONValue) -> String {
        let fields = (body["values"] ?? body["fields"])?.arrayValue ?? []
        let read = fields.map { field in
            let allowed = (field["allowedValues"]?.arrayValue ?? []).filter { $0["disabled"] != true }
            return "\(text(field["fieldId"])) \(field["required"]?.boolValue == true) \(allowed.count)"
        }
        return "\(read) \(body["isLast"] == true ? "last" : "more")"
    }

    // MARK: The answers

    static let all: [RecordedReading] = server + people + projectsAndScreens + issues + writes

    private static let server = [
        RecordedReading(
            .cloud,
            [
                "cloud2022-get-api_3_serverInfo-200", "cloud2026-rh-serverInfo", "cloudv2-dojo-serverInfo",
                "jr-cloud-probe-0",
            ], serverInfo, server),
        RecordedReading(
            .dataCenter,
            [
                "dc820-get-api_2_serverInfo-200", "dc820-get-api_2_serverInfo-200-anon", "jr-dc104-createmeta-0",
            ], serverInfo, server),
        RecordedReading(.cloud, ["dc820-get-api_3_serverInfo-302-anon"], serverInfo, refused: "redirected"),
        RecordedReading(
            .cloud, ["stranger-get-api_2_serverInfo-404", "stranger-get-api_3_serverInfo-404"], serverInfo,
            refused: "unreadableAnswer"),
    ]

    private static let people = [
        RecordedReading(
            .cloud, ["cloud2022-get-api_3_myself-200", "cloud2026-get-myself-0", "jr-cloud-probe-1"], myself, user),
        RecordedReading(
            .dataCenter,
            ["dc820-get-api_2_myself-200", "jr-dc104-me-0", "jr-dc104-unwatch-0", "jr-dc104-watch-0"], myself, user),
        RecordedReading(.cloud, ["cloud2022-get-api_3_myself-401"], myself, refused: "credentialsRefused"),
        RecordedReading(.dataCenter, ["dc820-get-api_2_myself-401-anon"], myself, refused: "credentialsRefused"),
        RecordedReading(
            .dataCenter, ["dc820-get-api_2_user_search-200", "jr-dc104-assign-0", "jr-dc104-users-0"], users
        ) { "\(texts($0, "displayName"))" },
        RecordedReading(.cloud, ["cloud2022-get-api_3_users-200", "cloud2026-list-users-0"], users) {
            "\(texts($0, "displayName"))"
        },
        RecordedReading(.dataCenter, ["dcrh-get-api_2_user_search-401"], users, refused: "credentialsRefused"),
        RecordedReading(.dataCenter, ["dcrh-get-api_2_user_search-403"], users, refused: "unreadableAnswer"),
    ]

    private static let projectsAndScreens = [
        RecordedReading(
            .cloud, ["cloud2022-get-api_3_project_BUG-200", "cloud2026-get-project-0"], project, projectLine),
        RecordedReading(
            .dataCenter,
            ["dc820-get-api_2_project_SP-200", "dcrh-get-api_2_project_OSIM-200", "jr-dc104-project-0"], project,
            projectLine),
        RecordedReading(.cloud, ["cloud2022-get-api_3_project_PROJECTNAMEBAD-404"], project, refused: "notFound"),
        RecordedReading(.dataCenter, ["dc820-get-api_2_project_PROJECTNAMEBAD-404"], project, refused: "notFound"),
        RecordedReading(
            .cloud, ["cloud2022-get-api_3_project-200", "cloud2026-list-projects-0", "cloud2026-projects-0"], projects
        ) { "\(texts($0["values"] ?? $0, "key"))" },
        RecordedReading(.dataCenter, ["dc820-get-api_2_project-200", "jr-dc104-projects-0"], projects) {
            "\(texts($0, "key"))"
        },
        RecordedReading(.dataCenter, ["dcrh-get-api_2_mypermissions-200"], permissions) { body in
            let held = MyPermissions.Permission.allCases.map(\.rawValue).filter {
                body["permissions"]?[$0]?["havePermission"] == true
            }
            return "\(held.sorted())"
        },
        RecordedReading(.dataCenter, ["dcrh-get-api_2_mypermissions-401"], permissions, refused: "credentialsRefused"),
        RecordedReading(.dataCenter, ["jr-dc104-createmeta-1"], types) { "\(texts($0["values"], "name"))" },
        RecordedReading(
            .dataCenter,
            [
                "jr-dc104-createmeta-2", "dcrh-get-api_2_issue_createmeta_OSIM_issuetypes_1-200",
                "dcrh-get-api_2_issue_createmeta_OSIM_issuetypes_12207-200",
                "dcrh-get-api_2_issue_createmeta_RHEL_issuetypes_1-200",
                "dcrh-get-api_2_issue_createmeta_RHEL_issuetypes_1-from100-200",
                "dcrh-get-api_2_issue_createmeta_RHEL_issuetypes_12207-200",
            ], fields, screen),
    ]

    private static func projectLine(_ body: JSONValue) -> String {
        "\(text(body["id"])) \(text(body["key"])) \(texts(body["issueTypes"], "id"))"
    }

    private static let issues = [
        RecordedReading(
            .cloud,
            [
                "cloud2022-get-api_3_issue_10010-200", "cloud2022-get-api_3_issue_10017-200", "cloud2026-get-issue-0",
                "cloudv2-dojo-issueGET",
            ], issue, idAndKey),
        RecordedReading(.cloud, ["cloud2022-get-api_3_issue_JJJ-9-200-anon"], issue, refused: "anonymous"),
        RecordedReading(
            .dataCenter,
            [
                "dc820-get-api_2_issue_10101-200", "dc820-get-api_2_issue_10102-200", "dc820-get-api_2_issue_JJJ-9-200",
                "dcrh-get-api_2_issue_N-200", "jr-dc104-clone-0", "jr-dc104-issue-0", "jr-dc104-history-0",
            ], issue, idAndKey),
        RecordedReading(.dataCenter, ["dcrh-get-api_2_issue_N-404"], issue, refused: "notFound"),
        RecordedReading(.cloud, ["cloud2026-list-issue-comments-0"], comments) { "\(texts($0["comments"], "id"))" },
        RecordedReading(
            .cloud,
            [
                "cloud2026-issues-0", "cloud2026-search-issues-0", "jr-cloud-list-0", "jr-cloud-list-1",
                "jr-cloud-list-2", "jr-cloud-activity-0", "jr-cloud-activity-comments-0", "jr-cloud-with-comments-0",
                "cloud2022-post-api_3_search-200",
            ], search, foundOnCloud),
        RecordedReading(
            .dataCenter,
            [
                "dc820-post-api_2_search-200", "dcrh-get-api_2_search-200", "dcrh-get-api_2_search_jql-200",
                "jr-dc104-list-0", "jr-dc104-validate-0", "jr-dc104-activity-0", "jr-dc104-known-label-1",
                "jr-dc104-comma-label-2", "jr-dc104-with-comments-0",
            ], search, foundOnDataCenter),
        RecordedReading(.cloud, ["cloud2022-post-api_3_search-400"], search, refused: "invalid"),
        RecordedReading(
            .dataCenter, ["dc820-post-api_2_search-400", "jr-dc104-invalid-0", "jr-dc104-unknown-status-0"], search,
            refused: "invalid"),
    ]

    private static let writes = [
        RecordedReading(
            .cloud, ["cloud2022-post-api_3_issue-201", "cloud2026-create-issue-0", "cloudv2-dojo-issue201"], create,
            idAndKey),
        RecordedReading(
            .dataCenter,
            [
                "dc820-post-api_2_issue-201", "dcrh-post-api_2_issue-201", "jr-dc104-clone-1", "jr-dc104-create-0",
                "jr-dc104-create-twice-0", "jr-dc104-create-twice-1",
            ], create, idAndKey),
        RecordedReading(.cloud, ["cloud2022-post-api_3_issue-400-anon"], create, refused: "anonymous"),
        RecordedReading(.cloud, ["cloud2026-add-comment-0", "cloudv2-dojo-comment201"], comment) {
            "\(text($0["id"])) true"
        },
        RecordedReading(
            .dataCenter,
            [
                "dcrh-post-api_2_issue_N_comment-201", "dcrh-get-api_2_issue_N_comment_N-200",
                "dcrh-put-api_2_issue_N_comment_N-200", "jr-dc104-comment-add-0",
            ], comment
        ) { "\(text($0["id"])) true" },
        // Of a transition, but to an issue that a stranger does not see a comment is answered so as well.
        RecordedReading(
            .cloud, ["cloud2022-post-api_3_issue_JJJ-9_transitions-404-anon"], comment, refused: "anonymous", .unknown),
        RecordedReading(.dataCenter, ["jr-dc104-delete-parent-0"], create, refused: "invalid"),
        // Worked, but not as a create does: whether an issue was made is open.
        RecordedReading(
            .dataCenter, ["dc820-post-api_2_issue_JJJ-9_transitions-204", "dcrh-post-api_2_issue_N_transitions-204"],
            create, refused: "unreadableAnswer", .unknown),
    ]

    /// By the beginning of their names: boards, sprints, transitions and the like, edits, and what a plugin made of Jira's answers.
    static let neverAskedFor = [
        "cloud2022-get-api_3_field", "cloud2026-fields", "cloud2026-list-priorities", "cloud2026-editmeta",
        "cloud2026-get-create-issue-metadata", "cloudv2-dojo-createmeta", "cloudv2-dojo-field", "dc820-get-api_2_field",
        "dcrh-get-api_2_field", "dcrh-get-api_2_issuetype-", "dcrh-get-api_2_issue_N_transitions",
        "dcrh-put-api_2_issue_N", "dcrh-post-api_2_issue_N_remotelink", "mm-", "jr-cloud-board", "jr-cloud-close",
        "jr-cloud-create", "jr-cloud-epic", "jr-cloud-history", "jr-cloud-sprint", "jr-cloud-start",
        "jr-dc104-assign-1",
        "jr-dc104-board", "jr-dc104-comma-label", "jr-dc104-comment-delete", "jr-dc104-components", "jr-dc104-delete-0",
        "jr-dc104-edit", "jr-dc104-epic", "jr-dc104-known-label-0", "jr-dc104-link-add", "jr-dc104-move",
        "jr-dc104-sprint", "jr-dc104-statuses", "jr-dc104-transitions", "jr-dc104-unwatch-1", "jr-dc104-versions",
        "jr-dc104-watch-1", "jr-dc104-worklog",
    ]
}
