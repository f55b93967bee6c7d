import JiraSimulator
import Testing

@Suite struct SearchTests {
    /// Query and the keys it finds, in order.
    @Test(
        arguments: [
            (#"project = "COMP" ORDER BY created ASC"#, ["COMP-1", "COMP-2", "COMP-3"]),
            (#"project in ("SEC", COMP) ORDER BY key DESC"#, ["SEC-1", "COMP-3", "COMP-2", "COMP-1"]),
            (#"labels = "b" ORDER BY created DESC"#, ["COMP-3", "COMP-2"]),
            (#"project = COMP AND labels in (a, c) order by key asc"#, ["COMP-1", "COMP-3"]),
            (#"(labels = a OR labels = c) AND statusCategory != Done ORDER BY created"#, ["COMP-3"]),
            (#"status = Done ORDER BY created ASC"#, ["COMP-1", "SEC-1"]),
            (#"issuekey in ("COMP-3", "SEC-1") ORDER BY key"#, ["COMP-3", "SEC-1"]),
            (#"id = 10002"#, ["COMP-2"]),
            (#"created >= -24h AND project = "COMP" ORDER BY created"#, ["COMP-3"]),
            (#"NOT labels = b AND project = COMP"#, ["COMP-1"]),
            (#"labels = "never-used""#, []),
        ] as [(String, [String])])
    func queries(jql: String, keys: [String]) async throws {
        let clock = HeldClock()
        var options = SimulatedJira.Options()
        options.now = clock.now
        try await withSimulatedJira(options) { jira in
            try jira.createIssue(project: "COMP", summary: "one", labels: ["a"])
            try jira.createIssue(project: "COMP", summary: "two", labels: ["b"])
            clock.advance(bySeconds: 25 * 3600)
            try jira.createIssue(project: "COMP", summary: "three", labels: ["b", "c"])
            try jira.createIssue(project: "SEC", summary: "four")
            try jira.transition("COMP-1")
            try jira.transition("SEC-1")
            let reply = await RawClient(jira).post("search/jql", ["jql": .string(jql), "fields": ["summary"]])
            #expect(reply.status == 200)
            #expect(reply.json["issues"]?.arrayValue?.compactMap { $0["key"]?.stringValue } == keys)
        }
    }

    /// A text search cuts into words: what it finds is near, never exact.
    @Test(
        arguments: [
            (#"summary ~ "\"CC6.1\"""#, ["COMP-1", "COMP-2", "COMP-3"]),
            (#"summary ~ "\"[CC6.1-X]\"""#, ["COMP-2"]),
            (#"summary ~ "\"AC 2 1\"""#, ["COMP-4"]),
            (#"summary ~ "\"aws_iam_mfa\"""#, ["COMP-5"]),
            (#"summary ~ "\"MFA\"""#, ["COMP-3"]),
            (#"summary ~ "off root""#, ["COMP-1"]),
            (#"summary ~ "\"root is\"""#, ["COMP-1"]),
            (#"summary ~ "\"is root\"""#, []),
            (#"summary ~ "AWS*""#, ["COMP-5"]),
            (#"summary ~ "CC6""#, []),
            (
                #"labels in ("none", "k-1") OR (project = "COMP" AND statusCategory != "Done" AND (labels in ("CC6.1") OR summary ~ "\"CC6.1\"" OR summary ~ "\"AC 2 1\"")) ORDER BY created ASC"#,
                ["COMP-1", "COMP-2", "COMP-4", "COMP-6", "SEC-1"]
            ),
        ] as [(String, [String])])
    func textSearches(jql: String, keys: [String]) async throws {
        try await withSimulatedJira { jira in
            try jira.createIssue(project: "COMP", summary: "[CC6.1] root is off")
            try jira.createIssue(project: "COMP", summary: "[CC6.1-X] another")
            try jira.createIssue(project: "COMP", summary: "MFA as [CC6.1] says")
            try jira.createIssue(project: "COMP", summary: "[AC-2(1)] accounts")
            try jira.createIssue(project: "COMP", summary: "[AWS_IAM_MFA] devices")
            try jira.createIssue(project: "COMP", summary: "labelled", labels: ["CC6.1"])
            try jira.createIssue(project: "SEC", summary: "[CC6.1] elsewhere", labels: ["k-1"])
            try jira.createIssue(project: "SEC", summary: "CC6.1, labelled", labels: ["CC6.1"])
            try jira.transition("COMP-3")
            let inComp = jql.hasPrefix("labels") ? jql : "project = COMP AND \(jql) ORDER BY created ASC"
            let reply = await RawClient(jira).post("search/jql", ["jql": .string(inComp), "fields": ["summary"]])
            #expect(reply.status == 200, "\(reply.firstMessage ?? "")")
            #expect(reply.json["issues"]?.arrayValue?.compactMap { $0["key"]?.stringValue } == keys)
        }
    }

    @Test(arguments: [
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("order by key", "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."),
        ("key = COMP-99", "An issue with key 'COMP-99' does not exist for field 'key'."),
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("labels = \"a", "Error in the JQL Query: The quoted string 'a' has not been completed."),
        ("project = order", "Error in the JQL Query: expecting a value but got 'order'."),
        (#"summary ~ "\"half""#, #"Unable to parse the text '"half' for field 'summary'."#),
        (#"summary ~ "[CC6.1]""#, "Unable to parse the text '[CC6.1]' for field 'summary'."),
        (#"summary = "one""#, "The operator '=' is not supported by the 'summary' field."),
        (#"labels in (a, "b c")"#, "The label 'b c' contains spaces which is invalid."),
    ])
    func unsoundQueriesAreRefused(jql: String, message: String) async throws {
        try await withSimulatedJira { jira in
            let reply = await RawClient(jira).post("search/jql", ["jql": .string(jql)])
            #expect(reply.status == 400)
            #expect(reply.firstMessage == message)
        }
    }

    @Test func aCloudSearchGivesIDsInPagesAndRefusesUnknownKeys() async throws {
        try await withSimulatedJira { jira in
            for number in 1...5 { try jira.createIssue(project: "COMP", summary: "\(number)") }
            let client = RawClient(jira)
            var seen: [JSON] = []
            var body: [String: JSON] = ["jql": "project = COMP ORDER BY created ASC", "maxResults": 2]
            while true {
                let page = await client.post("search/jql", .object(body)).json
                seen += page["issues"]?.arrayValue ?? []
                #expect(page["total"] == nil)
                guard let token = page["nextPageToken"] else {
                    #expect(page["isLast"] == true)
                    break
                }
                body["nextPageToken"] = token
            }
            #expect(seen == (10_001...10_005).map { ["id": .string("\($0)")] })
            let refused = await client.post("search/jql", ["jql": "project = COMP", "startAt": 0])
            #expect(refused.status == 400)
            #expect(await client.post("search", ["jql": "project = COMP"]).status == 410)
        }
    }

    @Test func aDataCenterSearchCountsAndCutsSilently() async throws {
        var options = SimulatedJira.Options(mode: .dataCenter)
        options.settings.searchPageLimit = 2
        try await withSimulatedJira(options) { jira in
            for number in 1...3 { try jira.createIssue(project: "COMP", summary: "\(number)") }
            let page = await RawClient(jira).post("search", ["jql": "project = COMP", "maxResults": 5000]).json
            #expect(page["total"] == 3)
            #expect(page["maxResults"] == 2)
            #expect(page["issues"]?.arrayValue?.count == 2)
            #expect(page["issues"]?[0]?["fields"]?["status"]?["name"] == "To Do")
        }
    }

    @Test func searchesLagBehindReadsDoNot() async throws {
        let clock = HeldClock()
        var options = SimulatedJira.Options()
        options.now = clock.now
        options.settings.indexLag = DelayRange(.seconds(30))
        try await withSimulatedJira(options) { jira in
            let client = RawClient(jira)
            _ = await client.post("issue", creation(["labels": ["kushim-1"]]))
            let query: JSON = ["jql": "labels = kushim-1", "fields": ["status"]]
            #expect(await client.post("search/jql", query).json["issues"] == [])
            #expect(await client.get("issue/COMP-1").status == 200)
            let fetched = await client.post("issue/bulkfetch", ["issueIdsOrKeys": ["COMP-1", "COMP-2"]])
            #expect(fetched.json["issues"]?.arrayValue?.count == 1)
            clock.advance(bySeconds: 30)
            try jira.transition("COMP-1")
            let stale = await client.post("search/jql", query).json["issues"]
            #expect(stale?[0]?["fields"]?["status"]?["name"] == "To Do")
            let fresh = await client.post(
                "search/jql", ["jql": "labels = kushim-1", "fields": ["status"], "reconcileIssues": [10_001]])
            #expect(fresh.json["issues"]?[0]?["fields"]?["status"]?["name"] == "Done")
        }
    }

    @Test func aMovedIssueAnswersUnderItsOldKey() async throws {
        try await withSimulatedJira { jira in
            try jira.createIssue(project: "COMP", summary: "moved", labels: ["x"])
            try jira.move("COMP-1", to: "SEC")
            let client = RawClient(jira)
            #expect(await client.get("issue/COMP-1").json["key"] == "SEC-1")
            let found = await client.post("search/jql", ["jql": "labels = x", "fields": ["project"]]).json
            #expect(found["issues"]?[0]?["key"] == "SEC-1")
            try jira.delete("SEC-1")
            #expect(await client.get("issue/COMP-1").status == 404)
        }
    }
}
