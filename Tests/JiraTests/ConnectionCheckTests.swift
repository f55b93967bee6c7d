import Testing

@testable import HTTP
@testable import Jira

@Suite struct ConnectionCheckTests {
    /// A healthy Jira with one project; a test changes answers by the last part of the path.
    private func check(
        _ deployment: JiraConnection.Deployment = .cloud,
        target: ConnectionCheck.Target = .init(projectKey: "COMP", kind: .issueType("task")),
        changing changes: [String: ScriptedAnswer] = [:]
    ) async throws -> ConnectionCheck {
        let user = ("X-AAccountId", "42")
        let healthy: [String: ScriptedAnswer] = [
            "serverInfo": .json(
                200, ["version": "10.3.19", "deploymentType": deployment == .cloud ? "Cloud" : "Server"]),
            "myself": .json(
                200, ["accountId": "42", "name": "bot", "displayName": "Bot", "emailAddress": "bot@acme.com"], [user]),
            "search": .json(
                200, ["values": [["id": "1", "key": "COMP", "name": "Compliance"]], "isLast": true], [user]),
            "project": .json(200, [["id": "1", "key": "COMP", "name": "Compliance"]], [user]),
            "mypermissions": .json(
                200,
                [
                    "permissions": [
                        "BROWSE_PROJECTS": ["havePermission": true], "CREATE_ISSUES": ["havePermission": true],
                        "ADD_COMMENTS": ["havePermission": true],
                    ]
                ], [user]),
            "issuetypes": .json(
                200,
                [
                    "values": [
                        ["id": "3", "name": "Task"], ["id": "4", "name": "Bug"],
                        ["id": "5", "name": "Sub", "subtask": true],
                    ], "total": 3, "startAt": 0,
                ],
                [user]),
            "3": .json(
                200,
                [
                    "fields": [["fieldId": "summary", "required": true], ["fieldId": "reporter", "required": true]],
                    "total": 2, "startAt": 0,
                ],
                [user]),
        ]
        let answers = healthy.merging(changes) { _, change in change }
        let server = try ScriptedJira { request in
            answers[String(request.path.split(separator: "/").last ?? "")]
                ?? .answer(500, [], "unexpected \(request.path)")
        }
        let client = TestClient(server, deployment)
        let check = await client.jira.check([target])
        await client.http.shutDown()
        return check
    }

    @Test(arguments: ["comp", "Comp", "compliance"])
    func `a key written otherwise is told as it is written`(key: String) async throws {
        let refused = ScriptedAnswer.json(
            404, ["errorMessages": ["No project could be found with key '\(key)'."], "errors": [:]])
        let check = try await check(
            target: .init(projectKey: key, kind: .issueType("Task")), changing: ["mypermissions": refused])
        let step = try #require(check.firstProblem)
        guard case .problem(let problem, let remedy, _) = step.finding else { return }
        #expect(problem == "there is no project \(key), or the account may not see it")
        #expect(remedy == "Write COMP, the key of Compliance: keys are case sensitive.")
    }

    @Test(arguments: [JiraConnection.Deployment.cloud, .dataCenter])
    func `a healthy connection passes every step`(deployment: JiraConnection.Deployment) async throws {
        let check = try await check(deployment)
        #expect(check.isSuccessful, "\(check.steps)")
        #expect(
            check.steps.map(\.subject) == [
                .domain, .apiVersion, .authentication, .user, .projects, .permissions, .issueType, .requiredFields,
            ])
        #expect(check.projects.map(\.key) == ["COMP"])
        guard case .ok("bot@acme.com") = check.steps[3].finding else {
            Issue.record("\(check.steps[3])")
            return
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var changes: [String: ScriptedAnswer]
        var target = ConnectionCheck.Target(projectKey: "COMP", kind: .issueType("Task"))
        var subject: ConnectionCheck.Step.Subject
        var problem: String
        var remedy: String
        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(
            name: "the address is something else", changes: ["serverInfo": .answer(200, [], "<html>Welcome</html>")],
            subject: .domain, problem: "not one of Jira's", remedy: "JIRA_BASE_URL"),
        Case(
            name: "it is the other kind",
            changes: ["serverInfo": .json(200, ["version": "9", "deploymentType": "Server"])],
            subject: .apiVersion, problem: "Data Center", remedy: "JIRA_TYPE"),
        Case(
            name: "the token is expired", changes: ["myself": .answer(401, [], "")], subject: .authentication,
            problem: "refused the credentials", remedy: "JIRA_API_TOKEN"),
        Case(
            name: "a proxy takes Jira's name for us away",
            changes: ["myself": .json(200, ["accountId": "42", "displayName": "Bot"])], subject: .authentication,
            problem: "X-AAccountId", remedy: "pass the response header"),
        Case(
            name: "the account is off",
            changes: ["myself": .json(200, ["accountId": "42", "active": false], [("X-AAccountId", "42")])],
            subject: .user, problem: "deactivated", remedy: "Activate"),
        Case(
            name: "no project", changes: ["search": .json(200, ["values": [], "isLast": true])], subject: .projects,
            problem: "no project", remedy: "Create Issues"),
        Case(
            name: "an unknown project",
            changes: [
                "mypermissions": .json(
                    404, ["errorMessages": ["No project could be found with key 'COMP'."], "errors": [:]])
            ],
            subject: .permissions, problem: "no project COMP", remedy: "case sensitive"),
        Case(
            name: "a missing permission",
            changes: [
                "mypermissions": .json(
                    200,
                    [
                        "permissions": [
                            "BROWSE_PROJECTS": ["havePermission": true], "CREATE_ISSUES": ["havePermission": true],
                        ]
                    ])
            ], subject: .permissions, problem: "ADD_COMMENTS", remedy: "permission scheme of project COMP"),
        Case(
            name: "an unknown issue type", changes: [:],
            target: .init(projectKey: "COMP", kind: .issueType("Incident")),
            subject: .issueType, problem: "Incident", remedy: "one of: Task, Bug."),
        Case(
            name: "a required field",
            changes: [
                "3": .json(
                    200,
                    [
                        "fields": [
                            ["fieldId": "summary", "name": "Summary", "required": true, "schema": ["type": "string"]],
                            [
                                "fieldId": "customfield_7", "name": "Team", "required": true,
                                "schema": ["type": "option"], "allowedValues": [["value": "Red"]],
                            ],
                            ["fieldId": "customfield_8", "name": "Unit", "required": true, "hasDefaultValue": true],
                            ["fieldId": "customfield_9", "name": "Area", "required": true],
                        ]
                    ])
            ], target: .init(projectKey: "COMP", kind: .issueType("3"), suppliedFields: ["customfield_9"]),
            subject: .requiredFields,
            problem: "requires Team (customfield_7)", remedy: #"`tickets: {fields: {customfield_7: "Red"}}`"#),
    ])
    func `what is wrong is named with its remedy`(_ test: Case) async throws {
        let check = try await check(target: test.target, changing: test.changes)
        #expect(!check.isSuccessful)
        let step = try #require(check.firstProblem)
        #expect(step.subject == test.subject)
        guard case .problem(let problem, let remedy, _) = step.finding else { return }
        #expect(problem.contains(test.problem), "\(problem)")
        #expect(remedy.contains(test.remedy), "\(remedy)")
    }

    @Test func `a site that shuts strangers out is still reachable`() async throws {
        let check = try await check(changing: ["serverInfo": .answer(401, [], "")])
        #expect(check.isSuccessful, "\(check.steps)")
    }

    @Test func `a host that is not there is named, and the rest skipped`() async throws {
        let client = TestClient(try ScriptedJira { _ in .silence })
        client.server.stop()
        let check = await client.jira.check([.init(projectKey: "COMP", kind: .issueType("Task"))])
        #expect(check.firstProblem?.subject == .domain)
        #expect(check.steps.count == 2)
        await client.http.shutDown()
    }
}
