import Foundation
import Jira
import JiraSimulator
import Jobs
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Compliance

@Suite("Looking in Jira, together", .serialized)
struct LookTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    /// Leaves create requests in doubt whose issues exist; the jobs are ready again.
    private func lose(_ count: Int, in scene: Scene) async throws {
        for operation in ["createIssue", "bulkCreateIssues"] {
            try scene.jira.add(fault: "close-after-commit,operation=\(operation)")
        }
        defer { scene.jira.clearFaults() }
        let handler = scene.failureHandler
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...count {
                group.addTask {
                    let job = try await scene.database.leasedFailure("LOST\(number)")
                    guard case .snooze = try await handler.perform(job, JobContext()) else {
                        Issue.record("the answer was not lost")
                        return
                    }
                    try await scene.rescue(job)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.tickets WHERE in_doubt") == "\(count)")
    }

    @Test("Thirty doubts: one search by label for those that ask while another is under way", arguments: modes)
    func manyDoubts(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            // Five in a row shut the site's gate.
            var patient = scene
            patient.configuration.gates.doubtsInARow = 100
            try await lose(30, in: patient)
            let before = scene.jira.counters
            try scene.jira.add(fault: "delay-before=1s,operation=search")
            try await patient.running(slots: 64) { try await scene.allFinished() }
            try await scene.expectExactlyOnce(issues: 30)
            let searches = scene.jira.counters[.search] - before[.search]
            #expect((1...5).contains(searches), "\(searches)")
            #expect(try await scene.actions()["ticket.adopted"] == 30)
        }
    }

    @Test("Thirty doubts that search cannot show yet: few readings by key for all", arguments: modes)
    func manyDoubtsByKey(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, { $0.settings.indexLag = DelayRange(.seconds(3_600)) }) { scene in
            var patient = scene
            patient.configuration.gates.doubtsInARow = 100
            try await lose(30, in: patient)
            let before = scene.jira.counters
            try scene.jira.add(fault: "delay-before=1s,operation=search")
            try await patient.running(slots: 64) { try await scene.allFinished() }
            #expect(scene.jira.issues.count == 30)
            let after = scene.jira.counters
            // By label, and for the newest issue.
            #expect(after[.search] - before[.search] <= 10, "\(after[.search] - before[.search])")
            switch mode {
            case .cloud: #expect(after[.bulkFetchIssues] <= 5, "\(after[.bulkFetchIssues])")
            case .dataCenter: #expect(after[.getIssue] <= 5 * 60, "\(after[.getIssue])")
            }
            #expect(
                try await scene.database.query(
                    "SELECT DISTINCT detail ->> 'foundBy' FROM kushim_jira.audit_log WHERE action = 'ticket.adopted'")
                    == [["key"]])
        }
    }

    @Test(
        "Behind a gap of deleted issues: found by key, since a later issue is known",
        arguments: [(SimulatedJira.Mode.cloud, 150), (.cloud, 450), (.dataCenter, 150)])
    func gap(mode: SimulatedJira.Mode, deleted: Int) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.createIssue(project: "COMP", summary: "the newest that search shows")
            scene.jira.catchUpIndex()
            scene.jira.update { $0.indexLag = DelayRange(.seconds(3_600)) }
            var doomed: [String] = []
            for _ in 0..<deleted { doomed.append(try scene.jira.createIssue(project: "COMP", summary: "x").key) }
            try await lose(1, in: scene)
            for key in doomed { try scene.jira.delete(key) }
            scene.jira.update { $0.indexLag = .zero }
            try scene.jira.createIssue(project: "COMP", summary: "a later one")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 3)
            #expect(
                try await scene.database.query(
                    "SELECT issue_key, detail ->> 'foundBy' FROM kushim_jira.audit_log WHERE action = 'ticket.adopted'")
                    == [["COMP-\(deleted + 2)", "key"]])
        }
    }

    @Test("Behind a gap that nothing tells of: Cloud is read for two hundred numbers more")
    func silentGap() async throws {
        try await Scene.with(.cloud, { $0.settings.indexLag = DelayRange(.seconds(3_600)) }) { scene in
            var doomed: [String] = []
            for _ in 0..<150 { doomed.append(try scene.jira.createIssue(project: "COMP", summary: "x").key) }
            try await lose(1, in: scene)
            for key in doomed { try scene.jira.delete(key) }
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 1)
        }
    }

    @Test("A project that was hidden after the request: nothing is sent until it can be seen again", arguments: modes)
    func hidden(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try await lose(1, in: scene)
            try scene.jira.update(project: "COMP") { $0.permissions.remove("BROWSE_PROJECTS") }
            try await scene.running {
                try await eventually("it waits, though the settling time is over") {
                    try await scene.database.value(
                        """
                        SELECT (SELECT clock_timestamp() - last_sent_at > interval '2 s' FROM kushim_jira.tickets)
                               AND bool_and(last_error LIKE '%cannot be searched%Let the account browse the project.')
                        FROM kushim_jira.job_status WHERE kind = 'compliance_failure'
                        """) == "t"
                }
                #expect(scene.jira.counters[.createIssue] == 1)
                try scene.jira.update(project: "COMP") { $0.permissions.insert("BROWSE_PROJECTS") }
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 1)
        }
    }

    @Test("A project that cannot be read by key holds up no other's looks")
    func projectsApart() async throws {
        try await Scene.with(.cloud, { $0.settings.indexLag = DelayRange(.seconds(3_600)) }) { scene in
            _ = try await scene.database.query(
                """
                INSERT INTO kushim_jira.connections (customer_id, settings)
                VALUES ('globex', '{"tickets": {"project": "SEC"}}')
                """)
            try scene.jira.add(fault: "status=403,operation=bulkFetchIssues,contains=SEC-")
            try scene.jira.add(fault: "close-after-commit,operation=createIssue,count=2")
            let handler = scene.failureHandler
            var doubts: [ClaimedJob] = []
            for customer in ["acme", "globex"] {
                let job = try await scene.database.leasedFailure("CC1", customer: customer)
                _ = try await handler.perform(job, JobContext())
                doubts.append(job)
            }
            let (own, other) = (doubts[0], doubts[1])
            let refused = Task { try await handler.perform(other, JobContext()) }
            guard case .completed = try await handler.perform(own, JobContext()) else {
                Issue.record("its project can be read")
                return
            }
            await #expect(throws: JiraError.self) { try await refused.value }
        }
    }

    @Test("Of a request from very long ago it is said that nobody can tell, and the others are found", arguments: modes)
    func longAgo(mode: SimulatedJira.Mode) async throws {
        let later = Mutex(Duration.zero)
        let now: @Sendable () -> Date = { Date().addingTimeInterval(later.withLock { $0 / .seconds(1) }) }
        try await Scene.with(mode, { $0.now = now }) { scene in
            func sightings(of episodes: [Episode]) async throws -> [Result<Sighting?, any Error>] {
                let jira = try scene.failureHandler.services.jira(
                    for: try await scene.database.leasedFailure("X"), JobContext())
                return try await jira.admitted { admission in
                    await KeyScan(
                        project: "COMP", doubts: episodes.map { Doubt($0, Asker(jira, admission)) },
                        frontier: ProjectFrontier(), pace: Pace(step: 20, quiet: 20, longest: 100), pause: .seconds(60)
                    ).sightings()
                }
            }
            let (lost, found) = (episode(lastSeen: 0), episode(lastSeen: 150))
            for number in 1...200 {
                try scene.jira.createIssue(
                    project: "COMP", summary: "\(number)",
                    properties: number == 180 ? ["kushim": ["fingerprint": .string(found.fingerprint.hex)]] : [:])
            }
            let results = try await sightings(of: [lost, found])
            let notNow = #expect(throws: NotNow.self) { try results[0].get() }
            #expect(notNow?.reason.contains("more than 100 issues since") == true)
            #expect(try results[1].get()?.issue.key == "COMP-180")

            // No request lives so long that its issue could stand among those.
            later.withLock { $0 = .seconds(3 * 86_400) }
            for key in scene.jira.issues.map(\.key) { try scene.jira.delete(key) }
            for _ in 0..<200 { try scene.jira.createIssue(project: "COMP", summary: "days later") }
            #expect(try await sightings(of: [episode(lastSeen: 200)])[0].get() == nil)
        }
    }

    private func episode(lastSeen: Int64) -> Episode {
        Episode(
            id: lastSeen, number: 1, fingerprint: Fingerprint(hex: String(repeating: "\(lastSeen % 7)", count: 64)),
            state: .creating, jobID: 1, projectKey: "COMP", failedAt: .now, dueAt: .now, severity: .high,
            dueDate: "2026-11-30",
            sends: 1, isInDoubt: true, sinceLastSend: .zero, lastIssueSeen: lastSeen, wasRequested: false, now: .now)
    }

    @Test("A job that is cancelled does not wait for the look it shares, and the others get their answers")
    func cancelled() async throws {
        try await Scene.with { scene in
            try scene.jira.add(fault: "delay-before=8s,operation=search,count=1")
            let (first, second) = (
                try await scene.database.leasedFailure("CC1"), try await scene.database.leasedFailure("CC2")
            )
            let handler = scene.failureHandler
            let cancelled = Task { try await handler.perform(first, JobContext()) }
            try await eventually("the search is under way") { scene.jira.counters.requestsInProgress == 1 }
            let other = Task { try await handler.perform(second, JobContext()) }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            #expect(scene.jira.counters.requestsInProgress == 1)
            guard case .completed = try await other.value else {
                Issue.record("the other went on")
                return
            }
            #expect(scene.jira.issues.count == 1)
        }
    }

    @Test("Whoever probes a gate speaks for all who share a look")
    func spokesman() async throws {
        try await Scene.with { scene in
            let jira = try scene.failureHandler.services.jira(
                for: try await scene.database.leasedFailure(), JobContext())
            let site = GateScope.site(jira.connection)
            let before = Asker(jira, try await jira.gates.admit([site]))
            _ = try await jira.gates.shut(
                site, .unavailable, reason: "away", remedy: "", wait: .milliseconds(1), before.admission,
                customerID: "acme", jobID: jira.job.id)
            var probe: Asker?
            try await eventually("the gate's time is over") {
                probe = try? await Asker(jira, jira.gates.admit([site]))
                return probe != nil
            }
            let probing = try #require(probe)
            #expect(probing.admission.isProbe(of: site))
            #expect([before, probing].spokesman?.admission === probing.admission)
            #expect([before, before].spokesman?.admission === before.admission)
            #expect([Asker]().spokesman == nil)
        }
    }

    @Test("The newest known number is nobody's memory: a Jira that was restored counts from an older one")
    func frontier() async throws {
        try await Scene.with { scene in
            let connection = try #require(scene.configuration.connection)
            try scene.jira.createIssue(project: "COMP", summary: "one")
            let job = try await scene.database.leasedFailure()
            let jira = try scene.failureHandler.services.jira(for: job, JobContext())
            func numbers(_ frontier: ProjectFrontier) async throws -> [Int64?] {
                try await jira.admitted { admission in
                    let asker = Asker(jira, admission)
                    let first = try await frontier.number(of: "COMP", asker)
                    await frontier.saw("COMP-40", at: connection)
                    await frontier.saw("COMP-30", at: connection)
                    await frontier.saw("SEC-99", at: connection)
                    return [
                        first, try await frontier.number(of: "COMP", asker),
                        try await frontier.newest(of: "COMP", asker),
                        try await frontier.number(of: "NOPE", asker),
                    ]
                }
            }
            #expect(try await numbers(ProjectFrontier()) == [1, 40, 40, nil])
            #expect(try await numbers(ProjectFrontier(freshness: .zero)) == [1, 1, 1, nil])
        }
    }

    @Test("A probe is not lost in a shared look: its answer opens the gate for all")
    func probe() async throws {
        try await Scene.with(configure: { $0.gates.unavailable = .milliseconds(300) }) { scene in
            try scene.jira.add(fault: "status=503,operation=search,count=1")
            for number in 1...20 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 20)
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.gates") == "0")
        }
    }
}
