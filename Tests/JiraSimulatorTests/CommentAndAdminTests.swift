import JiraSimulator
import Testing

@Suite struct CommentTests {
    @Test func commentsKeepTheirPropertiesAndOrder() async throws {
        try await withSimulatedJira { jira in
            try jira.createIssue(project: "COMP", summary: "x")
            let client = RawClient(jira)
            let first = await client.post(
                "issue/COMP-1/comment",
                ["body": document("one"), "properties": [["key": "kushim", "value": ["jobId": 1]]]])
            #expect(first.status == 201)
            _ = await client.post("issue/COMP-1/comment", ["body": document("two")])
            let newest = await client.get("issue/COMP-1/comment?orderBy=-created&expand=properties").json
            #expect(newest["total"] == 2)
            #expect(newest["comments"]?[0]?["body"] == document("two"))
            #expect(newest["comments"]?[1]?["properties"]?[0]?["value"]?["jobId"] == 1)
            let id = try #require(first.json["id"]?.stringValue)
            #expect(await client.get("comment/\(id)/properties/kushim").json["value"]?["jobId"] == 1)
        }
    }

    @Test func commentsAreRefused() async throws {
        var options = SimulatedJira.Options()
        options.settings.commentLimit = 1
        try await withSimulatedJira(options) { jira in
            try jira.createIssue(project: "COMP", summary: "x")
            let client = RawClient(jira)
            #expect(
                await client.post("issue/COMP-1/comment", ["body": "text"]).fieldErrors["comment"]
                    == "Comment body is not valid!")
            #expect(
                await client.post("issue/COMP-1/comment", [:]).fieldErrors["comment"]
                    == "Comment body can not be empty!")
            #expect(await client.post("issue/COMP-9/comment", ["body": document("a")]).status == 404)
            #expect(await client.post("issue/COMP-1/comment", ["body": document("a")]).status == 201)
            #expect(await client.post("issue/COMP-1/comment", ["body": document("b")]).status == 413)
            try jira.update(project: "COMP") { $0.permissions.remove("ADD_COMMENTS") }
            #expect(await client.post("issue/COMP-1/comment", ["body": document("c")]).status == 403)
        }
    }
}

@Suite struct AdminTests {
    @Test func theAdminSurfaceDoesWhatThePagesOfJiraDo() async throws {
        try await withSimulatedJira { jira in
            let client = RawClient(jira)
            let made = await client.send(
                "POST", "/__simulator/issues", ["project": "COMP", "summary": "by hand", "labels": ["x"]])
            #expect(made.json["key"] == "COMP-1")
            let done = await client.send(
                "POST", "/__simulator/issues/COMP-1/transition", ["status": "Closed", "resolution": "Won't Do"])
            #expect(done.json["statusCategory"] == "done")
            #expect(done.json["resolution"] == "Won't Do")
            #expect(await client.send("POST", "/__simulator/issues/COMP-1/clone").json["labels"] == ["x"])
            #expect(
                await client.send("POST", "/__simulator/issues/COMP-2/move", ["project": "SEC"]).json["key"] == "SEC-1")
            #expect(await client.send("POST", "/__simulator/settings", ["indexLag": "2s..5s"]).status == 200)
            #expect(jira.settings.indexLag == DelayRange(.seconds(2), .seconds(5)))
            #expect(await client.send("POST", "/__simulator/settings", ["lag": 3]).status == 400)
            #expect(
                await client.send("POST", "/__simulator/faults", ["status=500,operation=myself,count=1"]).status == 200)
            #expect(await client.get("myself").status == 500)
            let records = await client.send("GET", "/__simulator/requests?operation=myself").json
            #expect(records[0]?["faults"] == ["status-500"])
            #expect(records[0]?["headers"]?["authorization"] == nil)
            #expect(await client.send("GET", "/__simulator/counters").json["byOperation"]?["myself"] == 1)
            #expect(await client.send("POST", "/__simulator/credentials", ["apiToken": ""]).status == 200)
            #expect(await client.get("myself").status == 401)
            #expect(await client.send("POST", "/__simulator/reset").status == 200)
            #expect(jira.issues.isEmpty)
            #expect(await client.get("myself").status == 200)
        }
    }

    @Test func thePageOfAnIssueIsEscaped() async throws {
        try await withSimulatedJira { jira in
            let client = RawClient(jira)
            let hostile = "<script>alert('x')</script>"
            _ = await client.post(
                "issue",
                creation([
                    "summary": .string(hostile),
                    "description": [
                        "type": "doc", "version": 1,
                        "content": [
                            [
                                "type": "paragraph",
                                "content": [
                                    [
                                        "type": "text", "text": .string(hostile),
                                        "marks": [["type": "link", "attrs": ["href": "javascript:alert(1)"]]],
                                    ]
                                ],
                            ]
                        ],
                    ],
                ]))
            let page = await client.send("GET", "/browse/COMP-1")
            let html = String(decoding: page.body, as: UTF8.self)
            #expect(page.status == 200)
            #expect(page.headers["content-type"]?.hasPrefix("text/html") == true)
            #expect(html.contains("&lt;script&gt;"))
            #expect(!html.contains("<script"))
            #expect(!html.contains("javascript:"))
        }
    }

    @Test func eventsTellOfIssuesInWords() async throws {
        let (events, continuation) = AsyncStream.makeStream(of: SimulatedJira.Event.self)
        var options = SimulatedJira.Options(mode: .dataCenter)
        options.onEvent = { continuation.yield($0) }
        try await withSimulatedJira(options) { jira in
            let wiki = "h2. Why\n*MFA* is _off_\n# first\n# second\n----\n{code}\nlet \u{1B}[31m\n{code}"
            _ = await RawClient(jira).post("issue", creation(["description": .string(wiki)]))
            let first = await events.first { if case .issueCreated = $0 { true } else { false } }
            let text = try #require(first?.text(browsedAt: jira.baseURL, isStyled: false))
            #expect(text.contains("COMP-1"))
            #expect(text.contains("│   Why\n"))
            #expect(text.contains("MFA is off"))
            #expect(text.contains("2. second"))
            #expect(!text.contains("\u{1B}"))
        }
    }
}
