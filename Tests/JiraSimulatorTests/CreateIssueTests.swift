import JiraSimulator
import Testing

@Suite struct CreateIssueTests {
    @Test func aCloudIssueIsStoredAndReadBack() async throws {
        try await withSimulatedJira { jira in
            let client = RawClient(jira)
            let made = await client.post(
                "issue",
                creation(
                    [
                        "labels": ["kushim-1", "soc2", "soc2"], "priority": ["name": "High"], "duedate": "2026-12-01",
                        "description": document("why"), "assignee": ["accountId": "5b109f2e9729b51b54dc274d"],
                        "components": [["name": "Security"]],
                    ], properties: [["key": "kushim", "value": ["jobId": 7]]]))
            #expect(made.status == 201)
            #expect(made.json["key"] == "COMP-1")
            let read = await client.get("issue/COMP-1?properties=kushim")
            let fields = read.json["fields"]
            #expect(fields?["labels"] == ["kushim-1", "soc2"])
            #expect(fields?["priority"]?["id"] == "2")
            #expect(fields?["duedate"] == "2026-12-01")
            #expect(fields?["description"] == document("why"))
            #expect(fields?["assignee"]?["displayName"] == "Jane Doe")
            #expect(read.json["properties"]?["kushim"]?["jobId"] == 7)
            #expect(await client.get("issue/COMP-1/properties/kushim").json["value"]?["jobId"] == 7)
            #expect(read.headers["x-aaccountid"] == SimulatedUser.administrator.accountID)
        }
    }

    @Test func dataCenterTakesWikiMarkupAndNames() async throws {
        try await withSimulatedJira(.init(mode: .dataCenter)) { jira in
            let client = RawClient(jira)
            let made = await client.post(
                "issue", creation(["description": "*bold*\n* one", "assignee": ["name": "jane.doe"]]))
            #expect(made.status == 201)
            #expect(await client.get("issue/COMP-1").json["fields"]?["description"] == "*bold*\n* one")
            let wrong = await client.post(
                "issue", creation(["description": document("adf"), "assignee": ["accountId": "x"]]))
            #expect(wrong.status == 400)
            #expect(Set(wrong.fieldErrors.keys) == ["description", "assignee"])
            #expect(await client.send("GET", "/rest/api/3/myself").status == 404)
        }
    }

    /// Field, value, and what Jira says about it.
    @Test(
        arguments: [
            ("summary", "", "You must specify a summary of the issue."),
            ("summary", .string(String(repeating: "x", count: 256)), "Summary can't exceed 255 characters."),
            ("summary", "two\nlines", "The summary is invalid because it contains newline characters."),
            ("labels", ["Test Application"], "The label 'Test Application' contains spaces which is invalid."),
            ("priority", ["name": "Blocker"], "The priority selected is invalid."),
            ("issuetype", ["name": "Ticket"], "Specify a valid issue type"),
            ("project", ["key": "comp"], "valid project is required"),
            (
                "description", "text",
                "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
            ),
            ("nonsense", "x", "Field 'nonsense' cannot be set. It is not on the appropriate screen, or unknown."),
            ("components", [["name": "Nowhere"]], "Component name 'Nowhere' is not valid"),
            ("customfield_10106", ["value": "Moon"], "Option value 'Moon' is not valid"),
            (
                "assignee", ["accountId": "5b10a0effa615349cb016cd8"],
                "User '5b10a0effa615349cb016cd8' cannot be assigned issues."
            ),
        ] as [(String, JSON, String)])
    func whatJiraRefusesIsRefused(field: String, value: JSON, message: String) async throws {
        try await withSimulatedJira { jira in
            let reply = await RawClient(jira).post("issue", creation([field: value]))
            #expect(reply.status == 400)
            #expect(reply.fieldErrors == [field: message])
            #expect(jira.issues.isEmpty)
        }
    }

    /// One value of each type of custom field, right and wrong.
    @Test(
        arguments: [
            ("customfield_10100", "text", 5), ("customfield_10101", document("notes"), "notes"),
            ("customfield_10102", "https://a.example/b", "b"), ("customfield_10103", 4.5, "4.5"),
            ("customfield_10104", "2026-02-28", "2026-02-30"),
            ("customfield_10105", "2011-10-19T10:29:29.908+1100", "2011-10-19"),
            ("customfield_10106", ["value": "Staging"], "Staging"),
            ("customfield_10107", [["value": "SOC 2"], ["value": "HIPAA"]], ["value": "SOC 2"]),
            (
                "customfield_10110", ["value": "EMEA", "child": ["value": "eu-west-1"]],
                ["value": "EMEA", "child": ["value": "us-east-1"]]
            ),
            ("customfield_10111", ["accountId": "5b109f2e9729b51b54dc274d"], ["name": "jane.doe"]),
            ("customfield_10113", ["name": "cloud-team"], ["name": "nobody"]),
            ("customfield_10115", ["a", "b"], ["a b"]),
            ("customfield_10118", [["name": "1.0"]], [["name": "9.9"]]),
        ] as [(String, JSON, JSON)])
    func customFieldsAreHeldToTheirTypes(field: String, right: JSON, wrong: JSON) async throws {
        try await withSimulatedJira { jira in
            let client = RawClient(jira)
            #expect(await client.post("issue", creation([field: right])).status == 201)
            let refused = await client.post("issue", creation([field: wrong]))
            #expect(refused.status == 400)
            #expect(Array(refused.fieldErrors.keys) == [field])
        }
    }

    @Test func requiredAndHiddenFieldsOfAProject() async throws {
        try await withSimulatedJira { jira in
            try jira.update(project: "COMP") { project in
                project.requiredFields = ["customfield_10106"]
                project.hiddenFields = ["priority"]
            }
            let client = RawClient(jira)
            let refused = await client.post("issue", creation(["priority": ["name": "High"]]))
            #expect(refused.fieldErrors["customfield_10106"] == "Tier is required.")
            #expect(refused.fieldErrors["priority"]?.hasPrefix("Field 'priority' cannot be set.") == true)
            let meta = await client.get("issue/createmeta/COMP/issuetypes/10001").json["fields"]?.arrayValue ?? []
            #expect(meta.contains { $0["fieldId"] == "customfield_10106" && $0["required"] == true })
            #expect(!meta.contains { $0["fieldId"] == "priority" })
        }
    }

    @Test func longTextIsRefusedByItsUTF16Length() async throws {
        try await withSimulatedJira(.init(mode: .dataCenter)) { jira in
            let client = RawClient(jira)
            let limit = String(repeating: "😀", count: 16_383)
            #expect(await client.post("issue", creation(["description": .string(limit + "x")])).status == 201)
            let refused = await client.post("issue", creation(["description": .string(limit + "xy")]))
            #expect(
                refused.fieldErrors["description"]
                    == "The entered text is too long. It exceeds the allowed limit of 32,767 characters.")
        }
    }

    @Test func errorsAreInTheLanguageOfTheProfile() async throws {
        var options = SimulatedJira.Options()
        options.settings.language = .german
        try await withSimulatedJira(options) { jira in
            let client = RawClient(jira)
            let german = await client.post("issue", creation(["summary": ""]))
            #expect(german.fieldErrors["summary"] == "Sie müssen eine Zusammenfassung des Vorgangs angeben.")
            let forced = await client.post(
                "issue", creation(["summary": ""]),
                headers: ["Accept-Language": "en", "X-Force-Accept-Language": "true"])
            #expect(forced.fieldErrors["summary"] == "You must specify a summary of the issue.")
        }
    }

    @Test func aBulkCreateFailsOnlyItsBadElements() async throws {
        try await withSimulatedJira { jira in
            let client = RawClient(jira)
            let mixed = await client.post(
                "issue/bulk", ["issueUpdates": [creation(), creation(["summary": ""]), creation()]])
            #expect(mixed.status == 201)
            #expect(mixed.json["issues"]?.arrayValue?.compactMap { $0["key"]?.stringValue } == ["COMP-1", "COMP-2"])
            #expect(mixed.json["errors"]?[0]?["failedElementNumber"] == 1)
            #expect(mixed.json["errors"]?[0]?["elementErrors"]?["errors"]?["summary"] != nil)
            let all = await client.post("issue/bulk", ["issueUpdates": [creation(["summary": ""])]])
            #expect(all.status == 400)
            #expect(all.json["issues"] == [])
            let many = JSON.array(Array(repeating: creation(), count: 51))
            #expect(await client.post("issue/bulk", ["issueUpdates": many]).status == 400)
            #expect(jira.issues.count == 2)
        }
    }

    @Test func nothingThatChangesAnIssueIsAllowed() async throws {
        try await withSimulatedJira { jira in
            let client = RawClient(jira)
            _ = await client.post("issue", creation())
            #expect(await client.send("DELETE", "/rest/api/3/issue/COMP-1").status == 405)
            #expect(await client.send("PUT", "/rest/api/3/issue/COMP-1", ["fields": [:]]).status == 405)
            #expect(await client.post("issue/COMP-1/transitions", ["transition": ["id": "31"]]).status == 405)
            #expect(
                jira.counters.violations == [
                    "DELETE /rest/api/3/issue/COMP-1", "PUT /rest/api/3/issue/COMP-1",
                    "POST /rest/api/3/issue/COMP-1/transitions",
                ])
        }
    }
}
