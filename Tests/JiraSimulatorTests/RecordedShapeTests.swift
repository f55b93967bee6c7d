import JiraSimulator
import TestSupport
import Testing

/// The simulator beside recorded answers of real Jira servers: status, headers, fields and the shape of refusals.
@Suite(.enabled(if: Recordings.areAtHand, Recordings.areAbsent)) struct RecordedShapeTests {
    @Test(arguments: RecordedKind.all) func `the simulator answers in the shape that real servers did`(
        _ kind: RecordedKind
    ) async throws {
        let recordings = try kind.recordings.map { try #require(Recordings.named($0)) }
        try await withSimulatedJira(SimulatedJira.Options(mode: kind.mode)) { jira in
            var client = RawClient(jira)
            await Self.fill(client, kind.mode)
            switch kind.signIn {
            case .good: break
            case .none: client.authorization = nil
            case .badBasic: client.authorization = RawClient.basic("admin@acme-corp.com", "wrong")
            case .badBearer: client.authorization = "Bearer wrong"
            }
            let path = kind.path.hasPrefix("/") ? kind.path : "/rest/api/\(client.version)/\(kind.path)"
            let reply = await client.send(kind.method, path, kind.body)
            for recording in recordings { #expect(reply.status == recording.status, "\(recording.name)") }
            #expect(differences(reply, recordings) == [])
        }
    }

    @Test(arguments: [
        (SimulatedJira.RateLimit(perSecond: 5, burst: 5), "dcrh-post-api_2_issue-201"),
        (nil, "dcrh-get-api_2_issue_N-200"),
    ]) func `Data Center tells its limit, and that an account has none`(
        _ limit: SimulatedJira.RateLimit?, _ name: String
    ) async throws {
        let recorded = try #require(Recordings.named(name))
        var options = SimulatedJira.Options(mode: .dataCenter)
        options.settings.rateLimit = limit
        try await withSimulatedJira(options) { jira in
            let reply = await RawClient(jira).get("issue/COMP-1")
            for header in ["x-ratelimit-limit", "x-ratelimit-fillrate", "x-ratelimit-interval-seconds", "retry-after"] {
                #expect(reply.headers[header] == recorded.header(header), "\(header)")
            }
            #expect((reply.headers["x-ratelimit-remaining"] == "\(Int64.max)") == (limit == nil))
        }
    }

    /// One issue with all that an issue can have, and a comment.
    private static func fill(_ client: RawClient, _ mode: SimulatedJira.Mode) async {
        let isCloud = mode == .cloud
        var creation = creation(isCloud)
        if case .object(var fields)? = creation["fields"] {
            fields["labels"] = ["a"]
            fields["components"] = [["name": "Security"]]
            fields["duedate"] = "2026-12-01"
            fields["assignee"] = isCloud ? ["accountId": "5b109f2e9729b51b54dc274d"] : ["name": "jane.doe"]
            creation = ["fields": .object(fields), "properties": [["key": "kushim", "value": ["a": 1]]]]
        }
        #expect(await client.post("issue", creation).status == 201)
        #expect(await client.post("issue/COMP-1/comment", RecordedKind.comment(isCloud)).status == 201)
    }

    static func creation(_ isCloud: Bool) -> JSON {
        [
            "fields": [
                "project": ["key": "COMP"], "issuetype": ["name": "Task"], "summary": "x",
                "description": RecordedKind.text(isCloud),
            ]
        ]
    }

    // MARK: Comparing

    /// Headers that a client can draw conclusions from.
    private static let telling = [
        "x-aaccountid", "x-ausername", "x-seraph-loginreason", "retry-after", "www-authenticate", "location",
        "x-authentication-denied-reason", "ratelimit-reason",
    ]

    /// Cloud has them since 2026, Data Center where its administrator limits requests.
    private static let limits = [
        "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-fillrate", "x-ratelimit-interval-seconds",
    ]

    /// What no client of ours asks for: pictures, words for people, and other parts of a product than its issues.
    private static let notPlayed: Set = [
        "aggregateprogress", "aggregatetimeestimate", "aggregatetimeoriginalestimate", "aggregatetimespent",
        "applicationRoles", "assigneeType", "attachment", "autoCompleteUrl", "avatarId", "avatarUrls", "buildDate",
        "defaultLocale", "deleted", "description", "entityId", "environment", "expand", "fixVersions", "groups",
        "hierarchyLevel", "iconUrl", "isPrivate", "issuelinks", "issuerestriction", "lastViewed", "lead", "locale",
        "progress", "properties", "roles", "scmInfo", "security", "self", "simplified", "style", "subtasks",
        "timeestimate", "timeoriginalestimate", "timespent", "timetracking", "timeZone", "url", "uuid", "versions",
        "votes", "watches", "worklog", "workratio", "archived", "released", "projectId", "accountType", "jsdPublic",
        "databaseBuildNumber", "displayUrl", "displayUrlServicedeskHelpCenter", "displayUrlCSMHelpSeeker",
        "displayUrlConfluence", "serverTimeZone", "archivedby", "archiveddate", "names", "schema", "warningMessages",
        "configuration", "untranslatedName", "scope", "emailAddress", "projectCategory",
    ]

    private func differences(_ reply: RawReply, _ recordings: [Recording]) -> [String] {
        headerDifferences(reply, recordings) + bodyDifferences(reply, recordings)
    }

    private func headerDifferences(_ reply: RawReply, _ recordings: [Recording]) -> [String] {
        var found: [String] = []
        func form(_ type: String?) -> String { (type ?? "").lowercased().filter { $0 != " " } }
        let types = Set(recordings.map { form($0.header("content-type")) })
        if !types.contains(form(reply.headers["content-type"])) {
            found.append("content type \(reply.headers["content-type"] ?? "none"), recorded \(types.sorted())")
        }
        let whole = recordings.filter(\.keptItsHeaders)
        guard !whole.isEmpty else { return found }
        for name in Self.telling + Self.limits {
            // The recorder of some took the user's name away.
            let isAboutLimits = Self.limits.contains(name) || name == "retry-after"
            let judges = whole.filter { recording in
                if isAboutLimits { return ["dcrh", "cloud2026", "cloudv2"].contains { recording.name.hasPrefix($0) } }
                return name != "x-ausername" || !recording.name.hasPrefix("dcrh")
            }
            guard !judges.isEmpty else { continue }
            let isRecorded = judges.contains { $0.header(name) != nil }
            let isAlwaysRecorded = judges.allSatisfy { $0.header(name) != nil }
            let isSent = reply.headers[name] != nil
            if isSent && !isRecorded || !isSent && isAlwaysRecorded {
                found.append("header \(name): \(reply.headers[name] ?? "none")")
            }
        }
        return found
    }

    private func bodyDifferences(_ reply: RawReply, _ recordings: [Recording]) -> [String] {
        let bodies = recordings.map { recording -> JSON? in
            // A list that is called "values" was given another name in some.
            let body = recording.body.replacing(/"fields": \[/, with: #""values": ["#)
            return try? JSON(parsing: Array(body.utf8))
        }
        let text = String(decoding: reply.body, as: UTF8.self)
        guard let first = bodies[0] else {
            let recorded = recordings[0].body
            let ours = Self.title(text)
            return ours == Self.title(recorded) ? [] : ["'\(ours)', recorded '\(Self.title(recorded))'"]
        }
        guard let json = try? JSON(parsing: reply.body) else { return ["no JSON: \(text.prefix(100))"] }
        let shapes = bodies.compactMap { $0 }.map(JSONShape.init)
        // No screen with a cascading select was recorded.
        var found = JSONShape(json).inventions(beside: JSONShape(union: shapes)).filter { !$0.contains(".children") }
        found += JSONShape(json).gaps(beside: shapes, except: Self.notPlayed)
        let refusals = bodies.compactMap { $0.flatMap(Self.words) }
        if reply.status ?? 0 >= 400, let words = Self.words(json), !refusals.contains(words) {
            found.append("says \(words), recorded \(Self.words(first) ?? [])")
        }
        return found
    }

    /// Of a page its title, of another text all of it.
    private static func title(_ text: String) -> String {
        text.firstMatch(of: /<title>(.*?)<\/title>/).map { String($0.1) } ?? text
    }

    /// What a refusal says, without the names in it.
    private static func words(_ body: JSON) -> [String]? {
        guard let messages = body["errorMessages"]?.arrayValue else { return nil }
        let fields = (body["errors"]?.objectValue ?? [:]).map { "\($0.key): \($0.value.stringValue ?? "")" }
        return (messages.compactMap(\.stringValue) + fields.sorted()).map { $0.replacing(/'.*?'/, with: "'X'") }
    }
}

/// A question, and the recorded answers to its like.
struct RecordedKind: Sendable, CustomTestStringConvertible {
    enum SignIn: Sendable { case good, none, badBasic, badBearer }

    var mode: SimulatedJira.Mode
    var method = "GET"
    var path: String
    var body: JSON?
    var signIn = SignIn.good
    var recordings: [String]

    var testDescription: String { "\(mode) \(method) \(path)\(signIn == .good ? "" : " \(signIn)")" }

    static func text(_ isCloud: Bool) -> JSON {
        guard isCloud else { return "x" }
        return [
            "version": 1, "type": "doc",
            "content": [["type": "paragraph", "content": [["type": "text", "text": "x"]]]],
        ]
    }

    static func comment(_ isCloud: Bool) -> JSON { ["body": text(isCloud)] }

    static let all: [RecordedKind] = cloud + dataCenter + refusals

    private static let cloud = [
        RecordedKind(
            mode: .cloud, path: "serverInfo",
            recordings: ["cloud2026-rh-serverInfo", "cloudv2-dojo-serverInfo", "jr-cloud-probe-0"]),
        RecordedKind(
            mode: .cloud, path: "myself", recordings: ["cloud2026-get-myself-0"]),
        RecordedKind(
            mode: .cloud, path: "project/COMP", recordings: ["cloud2026-get-project-0"]),
        RecordedKind(
            mode: .cloud, path: "project/search", recordings: ["cloud2026-list-projects-0", "cloud2026-projects-0"]),
        RecordedKind(
            mode: .cloud, path: "issue/COMP-1", recordings: ["cloud2026-get-issue-0"]),
        RecordedKind(
            mode: .cloud, path: "issue/COMP-1/comment", recordings: ["cloud2026-list-issue-comments-0"]),
        RecordedKind(
            mode: .cloud, method: "POST", path: "search/jql",
            body: ["jql": "project = COMP", "fields": ["summary", "status", "created", "labels", "issuetype"]],
            recordings: ["cloud2026-search-issues-0"]),
        RecordedKind(
            mode: .cloud, method: "POST", path: "issue", body: RecordedShapeTests.creation(true),
            recordings: ["cloud2026-create-issue-0"]),
        RecordedKind(
            mode: .cloud, method: "POST", path: "issue/COMP-1/comment", body: comment(true),
            recordings: ["cloud2026-add-comment-0"]),
        RecordedKind(mode: .cloud, path: "field", recordings: ["cloud2026-fields-0"]),
    ]

    private static let dataCenter = [
        RecordedKind(
            mode: .dataCenter, path: "myself", recordings: ["dc820-get-api_2_myself-200", "jr-dc104-me-0"]),
        RecordedKind(
            mode: .dataCenter, path: "project/COMP",
            recordings: [
                "jr-dc104-project-0", "dcrh-get-api_2_project_OSIM-200", "dc820-get-api_2_project_SP-200",
            ]),
        RecordedKind(
            mode: .dataCenter, path: "project", recordings: ["jr-dc104-projects-0", "dc820-get-api_2_project-200"]),
        RecordedKind(
            mode: .dataCenter, path: "issue/COMP-1",
            recordings: ["jr-dc104-issue-0", "dcrh-get-api_2_issue_N-200", "dc820-get-api_2_issue_10101-200"]),
        RecordedKind(
            mode: .dataCenter, method: "POST", path: "issue", body: RecordedShapeTests.creation(false),
            recordings: ["jr-dc104-create-0", "dcrh-post-api_2_issue-201", "dc820-post-api_2_issue-201"]),
        RecordedKind(
            mode: .dataCenter, method: "POST", path: "issue/COMP-1/comment", body: comment(false),
            recordings: ["jr-dc104-comment-add-0", "dcrh-post-api_2_issue_N_comment-201"]),
        RecordedKind(
            mode: .dataCenter, method: "POST", path: "search", body: ["jql": "project = COMP"],
            recordings: [
                "jr-dc104-list-0", "dcrh-get-api_2_search-200", "dc820-post-api_2_search-200",
                "jr-dc104-comma-label-2",
            ]),
        RecordedKind(mode: .dataCenter, path: "mypermissions", recordings: ["dcrh-get-api_2_mypermissions-200"]),
        RecordedKind(
            mode: .dataCenter, path: "issue/createmeta/COMP/issuetypes", recordings: ["jr-dc104-createmeta-1"]),
        RecordedKind(
            mode: .dataCenter, path: "issue/createmeta/COMP/issuetypes/10001",
            recordings: ["jr-dc104-createmeta-2", "dcrh-get-api_2_issue_createmeta_RHEL_issuetypes_1-200"]),
        RecordedKind(
            mode: .dataCenter, path: "user/search?username=jane",
            recordings: ["dc820-get-api_2_user_search-200", "jr-dc104-users-0", "jr-dc104-assign-0"]),
        RecordedKind(
            mode: .dataCenter, path: "field", recordings: ["dcrh-get-api_2_field-200", "dc820-get-api_2_field-200"]),
    ]

    private static let refusals = [
        RecordedKind(
            mode: .cloud, path: "myself", signIn: .badBasic, recordings: ["cloud2022-get-api_3_myself-401"]),
        RecordedKind(
            mode: .cloud, method: "POST", path: "issue", body: RecordedShapeTests.creation(true), signIn: .badBasic,
            recordings: ["cloud2022-post-api_3_issue-400-anon"]),
        RecordedKind(
            mode: .cloud, method: "POST", path: "issue/COMP-1/comment", body: comment(true), signIn: .badBasic,
            recordings: ["cloud2022-post-api_3_issue_JJJ-9_transitions-404-anon"]),
        RecordedKind(
            mode: .cloud, path: "project/NOPE", recordings: ["cloud2022-get-api_3_project_PROJECTNAMEBAD-404"]),
        RecordedKind(
            mode: .dataCenter, path: "myself", signIn: .badBasic, recordings: ["dc820-get-api_2_myself-401-anon"]),
        RecordedKind(
            mode: .dataCenter, path: "user/search?username=x", signIn: .badBearer,
            recordings: ["dcrh-get-api_2_user_search-401", "dcrh-get-api_2_mypermissions-401"]),
        RecordedKind(
            mode: .dataCenter, path: "/rest/api/3/serverInfo", signIn: .badBasic,
            recordings: ["dc820-get-api_3_serverInfo-302-anon"]),
        RecordedKind(
            mode: .dataCenter, path: "serverInfo", signIn: .none,
            recordings: ["dc820-get-api_2_serverInfo-200-anon"]),
        RecordedKind(
            mode: .dataCenter, path: "project/NOPE", recordings: ["dc820-get-api_2_project_PROJECTNAMEBAD-404"]),
        RecordedKind(mode: .dataCenter, path: "issue/COMP-99", recordings: ["dcrh-get-api_2_issue_N-404"]),
        RecordedKind(
            mode: .dataCenter, method: "POST", path: "search", body: ["jql": "project = NOPE"],
            recordings: ["jr-dc104-invalid-0", "dc820-post-api_2_search-400"]),
    ]
}
