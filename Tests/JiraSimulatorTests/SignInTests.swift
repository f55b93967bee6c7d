import JiraSimulator
import Testing

@Suite struct SignInTests {
    @Test func aDeadTokenOnCloudSeesAnEmptyJiraAndCannotWrite() async throws {
        try await withSimulatedJira { jira in
            try jira.createIssue(project: "COMP", summary: "there", labels: ["x"])
            var client = RawClient(jira)
            client.authorization = RawClient.basic("admin@acme-corp.com", "expired")
            let search = await client.post("search/jql", ["jql": "project = COMP AND labels = x"])
            #expect(search.status == 200)
            #expect(search.json["issues"] == [])
            #expect(search.headers["x-seraph-loginreason"] == "AUTHENTICATED_FAILED")
            #expect(search.headers["x-aaccountid"] == nil)
            #expect(await client.get("myself").status == 401)
            let creation = await client.post("issue", creation())
            #expect(creation.status == 400)
            #expect(creation.headers["x-seraph-loginreason"] == "AUTHENTICATED_FAILED")
            #expect(jira.issues.count == 1)
            #expect(await client.get("issue/COMP-1").status == 404)
            jira.update(settings: { $0.badCredentials = .anonymousError })
            #expect(await client.post("search/jql", ["jql": "project = COMP"]).status == 400)
            jira.update(settings: { $0.badCredentials = .unauthorized })
            #expect(await client.post("search/jql", ["jql": "project = COMP"]).status == 401)
        }
    }

    @Test func aScopedTokenWorksThroughTheGatewayOnly() async throws {
        try await withSimulatedJira { jira in
            var client = RawClient(jira)
            client.authorization = RawClient.basic("admin@acme-corp.com", "simulator-scoped-token")
            let onSite = await client.get("myself")
            #expect(onSite.status == 401)
            #expect(onSite.firstMessage == "Client must be authenticated to access this resource.")
            client.prefix = "/ex/jira/\(jira.cloudID)"
            #expect(await client.get("myself").status == 200)
            client.authorization = "Bearer simulator-access-token"
            #expect(await client.post("issue", creation()).status == 201)
            jira.set(credentials: [SimulatedCredential(.scopedToken, "narrow", scopes: ["read:jira-work"])])
            client.authorization = RawClient.basic("admin@acme-corp.com", "narrow")
            let narrow = await client.post("issue", creation())
            #expect(narrow.status == 401)
            #expect(narrow.json["message"] == "Unauthorized; scope does not match")
            client.prefix = ""
            #expect(await client.send("GET", "/_edge/tenant_info").json["cloudId"]?.stringValue == jira.cloudID)
        }
    }

    @Test func dataCenterTellsWhoItTookOneFor() async throws {
        var options = SimulatedJira.Options(mode: .dataCenter)
        options.contextPath = "/jira"
        try await withSimulatedJira(options) { jira in
            var client = RawClient(jira)
            #expect(await client.get("myself").headers["x-ausername"] == "kushim")
            client.authorization = RawClient.basic("kushim", "simulator-password")
            #expect(await client.get("myself").json["name"] == "kushim")
            client.authorization = nil
            let anonymous = await client.get("project")
            #expect(anonymous.status == 200)
            #expect(anonymous.json == [])
            #expect(anonymous.headers["x-ausername"] == "anonymous")
            client.authorization = "Bearer expired"
            #expect(await client.get("project").json["status-code"] == 401)
            jira.update(settings: { $0.basicIsDisabled = true })
            client.authorization = RawClient.basic("kushim", "simulator-password")
            let refused = await client.get("myself")
            #expect(refused.status == 403)
            #expect(refused.json["message"] == "Basic Authentication has been disabled on this instance.")
        }
    }

    @Test func tooManyBadPasswordsBringACaptcha() async throws {
        var options = SimulatedJira.Options(mode: .dataCenter)
        options.settings.captchaAfterFailures = 2
        try await withSimulatedJira(options) { jira in
            var client = RawClient(jira)
            client.authorization = RawClient.basic("kushim", "wrong")
            #expect(await client.get("myself").status == 401)
            #expect(await client.get("myself").status == 403)
            client.authorization = RawClient.basic("kushim", "simulator-password")
            let denied = await client.get("myself")
            #expect(denied.status == 403)
            #expect(denied.headers["x-seraph-loginreason"] == "AUTHENTICATION_DENIED")
            #expect(denied.headers["x-authentication-denied-reason"]?.hasPrefix("CAPTCHA_CHALLENGE") == true)
            jira.update(settings: { $0.captchaIsShown = false })
            #expect(await client.get("myself").status == 200)
        }
    }

    @Test func permissionsAndInvisibleProjects() async throws {
        try await withSimulatedJira { jira in
            try jira.update(project: "SEC") { $0.permissions = [] }
            try jira.update(project: "IT") { $0.permissions.remove("CREATE_ISSUES") }
            let client = RawClient(jira)
            #expect(await client.get("project/SEC").status == 404)
            let listed = await client.get("project/search?action=create").json["values"]?.arrayValue ?? []
            #expect(listed.compactMap { $0["key"]?.stringValue } == ["COMP", "INFRA", "DEV"])
            #expect(await client.get("mypermissions?projectKey=IT").status == 400)
            let held = await client.get("mypermissions?projectKey=IT&permissions=BROWSE_PROJECTS,CREATE_ISSUES").json
            #expect(held["permissions"]?["BROWSE_PROJECTS"]?["havePermission"] == true)
            #expect(held["permissions"]?["CREATE_ISSUES"]?["havePermission"] == false)
        }
    }
}
