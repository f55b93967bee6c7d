import Jira
import Testing

@testable import Compliance

@Suite("Optional fields")
struct IssueRequestTests {
    private var request: IssueRequest {
        IssueRequest(
            fields: [
                "project": ["key": "COMP"], "issuetype": ["name": "Task"], "summary": "s", "priority": ["name": "High"],
                "labels": ["compliance", "kushim-1"], "components": [["name": "Security"]], "duedate": "2026-11-30",
                "customfield_1": "x",
            ], omitted: [:], mark: "kushim-1")
    }

    @Test("What was refused and need not be is left out, with Jira's words")
    func dropped() {
        var request = request
        let refused = ["priority": "is invalid", "customfield_1": "cannot be set"]
        let outcome1 = request.drop(refused, mayLoseMark: true)
        #expect(outcome1)
        #expect(request.fields["priority"] == nil && request.fields["customfield_1"] == nil)
        #expect(request.fields["duedate"] == "2026-11-30")
        #expect(request.omitted == refused)
    }

    private static let indispensable: [[String: String]] = [
        ["project": "valid project is required"], ["issuetype": "x"], ["customfield_9": "Team is required."],
        ["priority": "x", "customfield_9": "Team is required."], [:],
    ]

    @Test("What must be there, or was not sent and so is required, is for a person", arguments: indispensable)
    func needed(refused: [String: String]) {
        var request = request
        let before = request.fields
        let outcome2 = request.drop(refused, mayLoseMark: true)
        #expect(!outcome2)
        #expect(request.fields == before && request.omitted.isEmpty)
    }

    @Test("A type that is refused together with a parent is tried without, unless it must have one")
    func parent() {
        func request(_ required: Set<String>) -> IssueRequest {
            IssueRequest(
                fields: ["project": ["key": "COMP"], "issuetype": ["id": "3"], "parent": ["key": "COMP-1"]],
                omitted: [:], mark: "kushim-1", required: required)
        }
        let refused = ["issuetype": "Issue type 3 is not a sub-task but a parent is specified."]
        var task = request([])
        let isDropped = task.drop(refused, mayLoseMark: true)
        #expect(isDropped && task.fields["parent"] == nil && task.fields["issuetype"] != nil)
        #expect(Array(task.omitted.keys) == ["parent"])
        let isDroppedAgain = task.drop(refused, mayLoseMark: true)
        #expect(!isDroppedAgain)
        var subtask = request(["parent"])
        let mayDoWithout = subtask.drop(refused, mayLoseMark: true)
        #expect(!mayDoWithout)
    }

    @Test("The mark is the last of the labels to go, and goes only where the issue can be found without it")
    func mark() {
        var request = request
        let outcome3 = request.drop(["labels": "x"], mayLoseMark: false)
        #expect(outcome3)
        #expect(request.fields["labels"] == ["kushim-1"])
        let outcome4 = request.drop(["labels": "x"], mayLoseMark: false)
        #expect(!outcome4)
        let outcome5 = request.drop(["labels": "x"], mayLoseMark: true)
        #expect(outcome5)
        #expect(request.fields["labels"] == nil)
    }
}
