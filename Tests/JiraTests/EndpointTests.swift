import TestSupport
import Testing

@testable import HTTP
@testable import Jira

/// What each endpoint sends to either kind of Jira, and how it reads what either answers.
@Suite struct EndpointTests {
    /// Sends it against an answer; gives what was sent and what was understood.
    private func exchange<E: Endpoint>(
        _ endpoint: E, _ deployment: JiraConnection.Deployment, answer: JSONValue, status: Int = 200
    ) async throws -> (request: RecordedRequest, response: E.Response) {
        let identity = deployment == .cloud ? ("X-AAccountId", "42") : ("X-AUSERNAME", "bot")
        let server = try ScriptedJira { _ in .json(status, answer, [identity]) }
        let client = TestClient(server, deployment)
        let response = try await client.jira.send(endpoint)
        await client.http.shutDown()
        let request = try #require(server.requests.first)
        #expect(server.requests.count == 1)
        if deployment == .cloud, E.api == .platform, let openAPI = ReferenceSchemas.openAPI {
            #expect(openAPI.problems(in: request.received) == [])
            #expect(
                openAPI.problems(inAnswer: answer, to: request.received, status: status) == [], "the test's own answer")
        }
        return (request, response)
    }

    @Test(.enabled(if: ReferenceSchemas.openAPI != nil, ReferenceSchemas.isAbsent))
    func `requests to Cloud are held against Atlassian's description`() throws {
        let openAPI = try #require(ReferenceSchemas.openAPI)
        func problems(_ method: String, _ target: String, _ body: JSONValue?) -> [String] {
            openAPI.problems(
                in: RecordedRequest(method: method, target: target, headers: [:], body: body?.serialized() ?? [])
                    .received)
        }
        #expect(problems("POST", "/rest/api/3/search/jql", ["jql": "x", "startAt": 0]) != [])
        #expect(problems("POST", "/rest/api/3/search/jql", ["jql": "x", "maxResults": "5"]) != [])
        #expect(problems("POST", "/rest/api/3/issue/bulkfetch", ["fields": []]) != [])
        #expect(problems("GET", "/rest/api/3/myself?username=x", nil) != [])
        #expect(problems("GET", "/rest/api/3/nothing", nil) != [])
        #expect(problems("POST", "/rest/api/3/issue", ["properties": [["key": "k", "value": 1, "other": 2]]]) != [])
    }

    @Test func `headers say who, what and in which language`() async throws {
        let (get, _) = try await exchange(Myself(), .cloud, answer: ["accountId": "42"])
        #expect(get.headers["Authorization"]?.hasPrefix("Basic Ym90QGFjbWUuZXhhbXBsZTpBVEFUVDN4RmZHRjAt") == true)
        #expect(get.headers["Accept"] == "application/json")
        #expect(get.headers["Content-Type"] == nil)
        #expect(get.headers["Accept-Language"] == "en")
        #expect(get.headers["X-Force-Accept-Language"] == "true")
        #expect(get.headers["User-Agent"] == "kushim-jira/test")
        let (post, _) = try await exchange(
            CreateIssue(fields: [:]), .dataCenter, answer: ["id": "1", "key": "C-1"], status: 201)
        #expect(post.headers["Authorization"] == "Bearer \(TestClient.token)")
        #expect(post.headers["Content-Type"] == "application/json")
    }

    @Test(arguments: [JiraConnection.Deployment.cloud, .dataCenter])
    func `an issue is created with its marks`(deployment: JiraConnection.Deployment) async throws {
        let create = CreateIssue(
            fields: ["project": ["key": "COMP"], "summary": "x", "labels": ["kushim-1"]],
            properties: ["kushim": ["jobId": 7]])
        let (request, response) = try await exchange(
            create, deployment, answer: ["id": "10000", "key": "COMP-24", "self": "https://elsewhere"], status: 201)
        #expect(request.method == "POST")
        #expect(request.target == (deployment == .cloud ? "/rest/api/3/issue" : "/rest/api/2/issue"))
        #expect(
            request.json == [
                "fields": ["project": ["key": "COMP"], "summary": "x", "labels": ["kushim-1"]],
                "properties": [["key": "kushim", "value": ["jobId": 7]]],
            ])
        #expect(response == .init(id: "10000", key: "COMP-24"))
    }

    @Test func `a bulk create fails only its elements`() async throws {
        let issues = (0..<4).map { CreateIssue(fields: ["summary": "\($0)"]) }
        let (request, results) = try await exchange(
            BulkCreateIssues(issues), .cloud,
            answer: [
                "issues": [["id": "1", "key": "C-1"], ["id": "2", "key": "C-2"]],
                "errors": [
                    [
                        "status": 400, "failedElementNumber": 2,
                        "elementErrors": ["errorMessages": [], "errors": ["labels": "no"]],
                    ],
                    ["status": 500, "failedElementNumber": 0, "elementErrors": ["errorMessages": ["oops"]]],
                ],
            ], status: 201)
        #expect(request.target == "/rest/api/3/issue/bulk")
        #expect(request.json?["issueUpdates"]?[3]?["fields"]?["summary"] == "3")
        #expect(results.map { try? $0.get().key } == [nil, "C-1", nil, "C-2"])
        let failures = results.compactMap { result in if case .failure(let error) = result { error } else { nil } }
        #expect(failures.map(\.outcome) == [.unknown, .notDone])
        #expect(failures.last?.fieldErrors == ["labels": "no"])
    }

    @Test func `a bulk create of which all fail answers 400`() async throws {
        let (_, results) = try await exchange(
            BulkCreateIssues([CreateIssue(fields: [:])]), .cloud,
            answer: [
                "issues": [],
                "errors": [
                    [
                        "status": 400, "failedElementNumber": 0,
                        "elementErrors": ["errors": ["project": "valid project is required"]],
                    ]
                ],
            ], status: 400)
        #expect(results.count == 1)
        #expect(throws: JiraError.self) { try results[0].get() }
    }

    @Test(
        arguments: [
            ["issues": [["id": "1", "key": "C-1"]], "errors": []],
            ["issues": [["id": "1", "key": "C-1"]], "errors": [["failedElementNumber": 2]]],
            ["issues": [], "errors": [["failedElementNumber": 1], ["failedElementNumber": 1]]],
            ["issues": [["id": "1", "key": "C-1"], ["id": "2"]], "errors": []],
            ["errors": [["failedElementNumber": 0], ["failedElementNumber": -1]]],
        ] as [JSONValue])
    func `a bulk answer that does not add up leaves everything in doubt`(answer: JSONValue) async throws {
        let server = try ScriptedJira { _ in .json(201, answer) }
        let client = TestClient(server)
        let issues = [CreateIssue(fields: [:]), CreateIssue(fields: [:])]
        let error = try #require(await failure(of: BulkCreateIssues(issues), client.jira))
        #expect(error.outcome == .unknown)
        await client.http.shutDown()
    }

    static let issue: JSONValue = [
        "id": "10002", "key": "COMP-142",
        "fields": [
            "summary": "s", "labels": ["a"], "created": "2026-11-23T10:29:29.000+0000",
            "resolution": ["name": "Won't Do"],
            "status": ["name": "Erledigt", "statusCategory": ["key": "done"]], "project": ["key": "COMP"],
        ],
        "properties": ["kushim": ["fingerprint": "f"]],
    ]

    @Test func `an issue is read`() async throws {
        let (request, issue) = try await exchange(
            GetIssue("COMP-142/../x", fields: ["status", "labels"], properties: ["kushim"]), .cloud, answer: Self.issue)
        #expect(request.path == "/rest/api/3/issue/COMP-142%2F..%2Fx")
        #expect(request.query == ["fields": "status,labels", "properties": "kushim"])
        #expect(issue.id == "10002" && issue.key == "COMP-142" && issue.summary == "s" && issue.labels == ["a"])
        #expect(issue.isDone && issue.status == "Erledigt" && issue.resolution == "Won't Do")
        #expect(issue.created?.timeIntervalSince1970 == 1_795_429_769 && issue.projectKey == "COMP")
        #expect(issue.properties["kushim"]?["fingerprint"] == "f")
    }

    @Test func `a search on Cloud asks by token`() async throws {
        let (request, page) = try await exchange(
            SearchIssues(
                jql: "project = X", fields: ["status"], properties: ["kushim"], reconciled: [10_002],
                cursor: .token("t1")),
            .cloud, answer: ["issues": [Self.issue], "nextPageToken": "t2", "isLast": false])
        #expect(request.target == "/rest/api/3/search/jql")
        #expect(
            request.json == [
                "jql": "project = X", "fields": ["status"], "properties": ["kushim"], "maxResults": 100,
                "reconcileIssues": [10_002], "nextPageToken": "t1",
            ])
        #expect(page.items.map(\.key) == ["COMP-142"])
        #expect(page.next == .token("t2"))
    }

    @Test func `a search on Data Center asks by offset`() async throws {
        let (request, page) = try await exchange(
            SearchIssues(
                jql: "project = X", fields: ["status"], properties: ["kushim"], pageSize: 1_000, cursor: .offset(50)),
            .dataCenter, answer: ["issues": [Self.issue], "startAt": 50, "maxResults": 1, "total": 52])
        #expect(request.target == "/rest/api/2/search")
        #expect(
            request.json == [
                "jql": "project = X", "fields": ["status"], "maxResults": 1_000, "startAt": 50, "validateQuery": true,
            ])
        #expect(page.next == .offset(51))
    }

    @Test func `issues are fetched in bulk on Cloud`() async throws {
        let (request, issues) = try await exchange(
            BulkFetchIssues(["COMP-1", "10002"], fields: ["labels"], properties: ["kushim"]), .cloud,
            answer: ["issues": [Self.issue], "issueErrors": [["id": "COMP-1", "errorMessage": "gone"]]])
        #expect(request.target == "/rest/api/3/issue/bulkfetch")
        #expect(
            request.json == ["issueIdsOrKeys": ["COMP-1", "10002"], "fields": ["labels"], "properties": ["kushim"]])
        #expect(issues.map(\.key) == ["COMP-142"])
    }

    @Test(arguments: [JiraConnection.Deployment.cloud, .dataCenter])
    func `a comment is added and read back`(deployment: JiraConnection.Deployment) async throws {
        let body: JSONValue =
            deployment == .cloud
            ? [
                "version": 1, "type": "doc",
                "content": [["type": "paragraph", "content": [["type": "text", "text": "kushim-1"]]]],
            ]
            : "kushim-1"
        let (request, comment) = try await exchange(
            AddComment(to: "COMP-1", body: body, properties: ["kushim": ["jobId": 1]]), deployment,
            answer: ["id": "5", "body": body, "created": "2026-11-23T10:29:29.000+0000"], status: 201)
        #expect(request.path.hasSuffix("/issue/COMP-1/comment"))
        #expect(request.json == ["body": body, "properties": [["key": "kushim", "value": ["jobId": 1]]]])
        #expect(comment.id == "5" && comment.text.contains("kushim-1"))
        let (list, page) = try await exchange(
            ListComments(of: "COMP-1"), deployment,
            answer: ["comments": [["id": "5", "body": body]], "startAt": 0, "maxResults": 100, "total": 1])
        #expect(list.query["orderBy"] == (deployment == .cloud ? "-created" : nil))
        #expect(page.items.map(\.id) == ["5"] && page.next == nil)
    }

    @Test func `who we are is read on both`() async throws {
        let (_, cloud) = try await exchange(
            Myself(), .cloud,
            answer: ["accountId": "42", "displayName": "Bot", "emailAddress": "bot@acme.com", "active": true])
        #expect(cloud == .init(id: "42", displayName: "Bot", email: "bot@acme.com", timeZone: nil, isActive: true))
        let (_, server) = try await exchange(
            Myself(), .dataCenter, answer: ["name": "bot", "key": "JIRAUSER1", "active": false, "timeZone": "UTC"])
        #expect(server == .init(id: "bot", displayName: "bot", email: nil, timeZone: "UTC", isActive: false))
    }

    @Test func `projects come in pages on Cloud and at once on Data Center`() async throws {
        let project: JSONValue = [
            "id": "1", "key": "COMP", "name": "Compliance", "archived": false, "projectTypeKey": "software",
        ]
        let (request, page) = try await exchange(
            ListProjects(), .cloud,
            answer: ["values": [project], "startAt": 0, "maxResults": 1, "total": 2, "isLast": false])
        #expect(request.path == "/rest/api/3/project/search")
        #expect(request.query["action"] == "create")
        #expect(page.next == .offset(1))
        let (list, all) = try await exchange(ListProjects(), .dataCenter, answer: [project])
        #expect(list.target == "/rest/api/2/project")
        #expect(all.items.map(\.key) == ["COMP"] && all.next == nil)
        var whole = project.objectValue ?? [:]
        whole["components"] = [["name": "Security"]]
        whole["issueTypes"] = [["id": "3", "name": "Task", "subtask": false]]
        let (_, one) = try await exchange(GetProject("COMP"), .cloud, answer: .object(whole))
        #expect(one.components == ["Security"] && one.issueTypes.map(\.name) == ["Task"])
    }

    @Test func `resolutions come in pages on Cloud and at once on Data Center`() async throws {
        let done: JSONValue = ["id": "10000", "name": "Done", "description": ""]
        let (request, page) = try await exchange(
            ListResolutions(), .cloud,
            answer: ["values": [done], "startAt": 0, "maxResults": 1, "total": 2, "isLast": false])
        #expect(request.path == "/rest/api/3/resolution/search")
        #expect(page.items == ["Done"] && page.next == .offset(1))
        let (list, all) = try await exchange(ListResolutions(), .dataCenter, answer: [done])
        #expect(list.target == "/rest/api/2/resolution")
        #expect(all.items == ["Done"] && all.next == nil)
    }

    @Test func `permissions are those held and not deprecated`() async throws {
        let (request, held) = try await exchange(
            MyPermissions(projectKey: "COMP", [.createIssues, .addComments, .browseProjects]), .cloud,
            answer: [
                "permissions": [
                    "CREATE_ISSUES": ["havePermission": true], "ADD_COMMENTS": ["havePermission": false],
                    "BROWSE_PROJECTS": ["havePermission": true, "deprecatedKey": true],
                    "EDIT_ISSUES": ["havePermission": true],
                ]
            ])
        #expect(request.query == ["projectKey": "COMP", "permissions": "CREATE_ISSUES,ADD_COMMENTS,BROWSE_PROJECTS"])
        #expect(held == [.createIssues])
    }

    @Test(arguments: [("issueTypes", "fields", JiraConnection.Deployment.cloud), ("values", "values", .dataCenter)])
    func `create metadata is read under each of its names`(
        types: String, fields: String, deployment: JiraConnection.Deployment
    ) async throws {
        let (request, typePage) = try await exchange(
            ListCreatableIssueTypes(project: "COMP"), deployment,
            answer: [
                types: [["id": "3", "name": "Task", "subtask": false]], "startAt": 0, "maxResults": 50, "total": 1,
            ])
        #expect(request.path.hasSuffix("/issue/createmeta/COMP/issuetypes"))
        #expect(typePage.items.map(\.id) == ["3"])
        let (_, fieldPage) = try await exchange(
            ListCreateFields(project: "COMP", issueTypeID: "3"), deployment,
            answer: [
                fields: [
                    [
                        "fieldId": "priority", "key": "priority", "name": "Priority", "required": true,
                        "operations": ["set"],
                        "hasDefaultValue": false, "schema": ["type": "priority", "system": "priority"],
                        "allowedValues": [["id": "1", "name": "P1"]],
                    ]
                ], "startAt": 0, "maxResults": 50, "total": 1,
            ])
        let field = try #require(fieldPage.items.first)
        #expect(field.id == "priority" && field.isRequired && !field.hasDefault && field.choices == ["P1"])
        #expect(field.mustBeConfigured(given: []) && !field.mustBeConfigured(given: ["priority"]))
    }

    // MARK: Service desks

    @Test(arguments: [JiraConnection.Deployment.cloud, .dataCenter])
    func `service desks and request types are paged by start and limit`(
        deployment: JiraConnection.Deployment
    ) async throws {
        let (request, desks) = try await exchange(
            ListServiceDesks(), deployment,
            answer: [
                "size": 1, "start": 0, "limit": 1, "isLastPage": false,
                "values": [["id": "3", "projectId": "10002", "projectKey": "IT"]],
            ])
        #expect(request.path == "/rest/servicedeskapi/servicedesk" && request.query["start"] == "0")
        #expect(desks.items.map(\.id) == ["3"] && desks.items[0].projectKey == "IT" && desks.next == .offset(1))
        let (types, page) = try await exchange(
            ListRequestTypes(serviceDeskID: "3"), deployment,
            answer: ["isLastPage": true, "start": 0, "values": [["id": 25, "name": "Get IT help"]]])
        #expect(types.path == "/rest/servicedeskapi/servicedesk/3/requesttype")
        #expect(page.items.named("get it help")?.id == "25" && page.items.named("25") != nil && page.next == nil)
    }

    @Test func `a form tells its fields in its own words`() async throws {
        let (request, fields) = try await exchange(
            GetRequestForm(serviceDeskID: "3", requestTypeID: "25"), .cloud,
            answer: [
                "canRaiseOnBehalfOf": true,
                "requestTypeFields": [
                    [
                        "fieldId": "priority", "name": "How bad?", "required": true, "visible": true,
                        "defaultValues": [["value": "3"]], "jiraSchema": ["type": "priority", "system": "priority"],
                        "validValues": [["value": "1", "label": "Highest", "children": []]],
                    ],
                    [
                        "fieldId": "customfield_1", "name": "Gifts", "required": true,
                        "jiraSchema": [
                            "type": "string",
                            "custom": "com.atlassian.jira.plugin.system.customfieldtypes:radiobuttons",
                        ], "validValues": [["value": "10", "label": "Wine", "children": []]],
                    ],
                    [
                        "fieldId": "customfield_2", "name": "Region", "required": false,
                        "jiraSchema": ["type": "option-with-child"],
                        "validValues": [
                            [
                                "value": "20", "label": "EMEA",
                                "children": [["value": "21", "label": "eu-west-1", "children": []]],
                            ]
                        ],
                    ],
                    ["fieldId": "customfield_3", "name": "Preset", "required": true, "visible": false],
                ],
            ])
        #expect(request.path == "/rest/servicedeskapi/servicedesk/3/requesttype/25/field")
        #expect(fields.map(\.id) == ["priority", "customfield_1", "customfield_2"])
        #expect(fields.map(\.hasDefault) == [true, false, false])
        #expect(fields[0].value(of: ["highest"], for: .cloud).value == ["id": "1"])
        #expect(fields[1].value(of: ["wine"], for: .cloud).value == ["id": "10"])
        #expect(fields[2].value(of: ["emea > EU-WEST-1"], for: .cloud).value == ["id": "20", "child": ["id": "21"]])
    }

    @Test(arguments: [JiraConnection.Deployment.cloud, .dataCenter])
    func `a request names its desk, its type and its fields`(deployment: JiraConnection.Deployment) async throws {
        let (request, made) = try await exchange(
            CreateCustomerRequest(serviceDeskID: "3", requestTypeID: "25", fields: ["summary": "s"]), deployment,
            answer: [
                "issueId": "107001", "issueKey": "IT-1", "_links": ["web": "https://acme.example/portal/3/IT-1"],
            ], status: 201)
        #expect(request.method == "POST" && request.path == "/rest/servicedeskapi/request")
        #expect(request.headers["x-experimentalapi"] == "opt-in", "rich text in requests is given to those only")
        let body = try JSONValue(parsing: request.body)
        #expect(body["serviceDeskId"] == "3" && body["requestTypeId"] == "25")
        #expect(body["requestFieldValues"] == ["summary": "s"])
        #expect(body["isAdfRequest"] == (deployment == .cloud ? true : nil))
        #expect(made.issue == CreateIssue.Response(id: "107001", key: "IT-1"))
        #expect(made.portalURL == "https://acme.example/portal/3/IT-1")
    }
}
