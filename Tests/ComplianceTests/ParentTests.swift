import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// `tickets.parent`: an epic, or the issue of which a ticket is a sub-task.
@Suite("Parents of tickets")
struct ParentTests {
    static let modes = [SimulatedJira.Mode.cloud, .dataCenter]

    /// Where Data Center keeps the epic of an issue that is no sub-task.
    private static let epicLink = "customfield_10119"

    /// Runs one failure after the other, each with a parent of its own.
    private func run(_ parents: KeyValuePairs<String, String>, _ scene: Scene) async throws {
        for (control, parent) in parents {
            var scene = scene
            scene.configuration.tickets.parent = parent
            try await scene.fail(control)
            try await scene.runToTheEnd()
        }
    }

    private func omitted(_ scene: Scene) async throws -> [[String?]] {
        try await scene.database.query(
            """
            SELECT control_id, o.key FROM kushim_jira.audit_log, jsonb_each_text(detail -> 'omitted') o ORDER BY 1, 2
            """)
    }

    @Test("A ticket belongs to its epic; to what is none, or is not there, it does not, and is made", arguments: modes)
    func epic(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            let epic = try scene.jira.createIssue(project: "SEC", summary: "Remediation", type: "Epic").key
            let task = try scene.jira.createIssue(project: "SEC", summary: "A task").key
            try await run(["CC1": epic, "CC2": task, "CC3": "SEC-999"], scene)
            let made = scene.jira.issues.filter { $0.projectKey == "COMP" }
            #expect(made.count == 3)
            let parents = made.map { mode == .cloud ? $0.parentKey : $0.otherFields[Self.epicLink]?.stringValue }
            #expect(parents == [epic, nil, nil])
            let field = mode == .cloud ? "parent" : Self.epicLink
            #expect(try await omitted(scene) == [["CC2", field], ["CC3", field]])
            #expect(try await scene.actions()["connection.blocked"] == nil)
        }
    }

    @Test("Where the create screen has no Epic Link, Data Center's tickets do without")
    func noEpicLink() async throws {
        try await Scene.with(.dataCenter) { scene in
            let epic = try scene.jira.createIssue(project: "COMP", summary: "Remediation", type: "Epic").key
            try scene.jira.update(project: "COMP") { $0.hiddenFields = [Self.epicLink] }
            try await run(["CC1": epic], scene)
            #expect(scene.jira.issues.count == 2 && scene.jira.counters.invalidRequests == 0)
            let why = try await scene.database.value(
                "SELECT detail -> 'omitted' ->> 'parent' FROM kushim_jira.audit_log WHERE action = 'ticket.created'")
            #expect(
                why == "only sub-tasks have parents here, and Epic Link is not on the create screen of Task in COMP")
        }
    }

    @Test(
        "A Jira that does not tell its create screens gets tickets without a parent that it refuses", arguments: modes)
    func unknownScreen(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "status=403,operation=createMetaIssueTypes")
            let task = try scene.jira.createIssue(project: "COMP", summary: "A task").key
            try await run(["CC1": task], scene)
            #expect(scene.jira.issues.count == 2)
            #expect(try await omitted(scene) == [["CC1", "parent"]])
        }
    }

    @Test("A sub-task has the parent that it must have", arguments: modes)
    func subtask(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.tickets.issueType = "Sub-task" }) { scene in
            let task = try scene.jira.createIssue(project: "COMP", summary: "A task").key
            try await run(["CC1": task], scene)
            #expect(scene.jira.issues.map(\.parentKey) == [nil, task])
        }
    }

    @Test("That a sub-task's parent is in another project is said with the setting that cures it", arguments: modes)
    func parentElsewhere(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.tickets.issueType = "Sub-task" }) { scene in
            var scene = scene
            scene.configuration.tickets.parent = try scene.jira.createIssue(project: "SEC", summary: "A task").key
            let (issue, configured) = (scene.jira.issues.count, scene)
            try await configured.fail("CC1")
            try await configured.running {
                try await eventually("told") {
                    let told = try await configured.database.value(
                        "SELECT detail ->> 'remedy' FROM kushim_jira.audit_log WHERE action = 'connection.blocked'")
                    return told == "Set tickets.parent to an issue that can be the parent of this issue type."
                }
            }
            #expect(configured.jira.issues.count == issue)
        }
    }
}
