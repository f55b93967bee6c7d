import Foundation
import JiraSimulator
import Synchronization
import Testing

@Suite struct FaultTests {
    /// Fault, whether the issue is made all the same, whether an answer comes, how the connection ends.
    @Test(
        arguments: [
            ("close-before-commit", 0, nil, .closed), ("close-after-commit", 1, nil, .closed),
            ("reset-before-commit", 0, nil, .reset), ("reset-after-commit", 1, nil, .reset),
            ("status=503,retry-after=3s", 0, 503, .closed), ("status=502,committed=yes,body=html", 1, 502, .closed),
            ("malformed-after-commit", 1, 201, .closed), ("delay-after=1ms", 1, 201, .closed),
            ("anonymous", 0, 401, .closed),
        ] as [(String, Int, Int?, RawReply.Ending)])
    func anAnswerIsLostBeforeOrAfterTheCommit(
        fault: String, made: Int, status: Int?, ending: RawReply.Ending
    ) async throws {
        try await withSimulatedJira { jira in
            try jira.add(fault: "\(fault),operation=createIssue,count=1")
            let client = RawClient(jira)
            let reply = await client.post("issue", creation())
            #expect(reply.status == status)
            #expect(reply.ending == ending)
            #expect(jira.issues.count == made)
            #expect(jira.counters.faults.values.reduce(0, +) == 1)
            #expect(await client.post("issue", creation()).status == 201)
        }
    }

    @Test func aTruncatedAnswerEndsInTheMiddle() async throws {
        try await withSimulatedJira { jira in
            try jira.add(fault: "truncate-after-commit,operation=createIssue")
            let reply = await RawClient(jira).post("issue", creation())
            #expect(reply.status == 201)
            #expect(!reply.isComplete)
            #expect(!reply.body.isEmpty)
            #expect(jira.issues.count == 1)
        }
    }

    @Test func aSlowJiraCommitsWhenTheClientHasLongGone() async throws {
        try await withSimulatedJira { jira in
            try jira.add(fault: "delay-before=300ms,operation=createIssue")
            await RawClient(jira).postAndLeave("issue", creation())
            while jira.counters[.createIssue] == 0 { await Task.yield() }
            let deadline = ContinuousClock.now + .seconds(30)
            while jira.issues.isEmpty, ContinuousClock.now < deadline { await Task.yield() }
            #expect(jira.issues.count == 1)
        }
    }

    @Test func anUnansweredRequestEndsWithTheSimulator() async throws {
        let jira = try await SimulatedJira.start()
        try jira.add(fault: "hang-after-commit,operation=createIssue")
        async let reply = RawClient(jira).post("issue", creation())
        while jira.issues.isEmpty { await Task.yield() }
        await jira.stop()
        #expect(await reply.status == nil)
    }

    @Test func aLimiterNamesItsReason() async throws {
        try await withSimulatedJira { jira in
            try jira.add(fault: "status=429,reason=jira-burst-based,retry-after=1500ms,every=2")
            let client = RawClient(jira)
            #expect(await client.get("myself").status == 200)
            let limited = await client.get("myself")
            #expect(limited.status == 429)
            #expect(limited.headers["retry-after"] == "2")
            #expect(limited.headers["ratelimit-reason"] == "jira-burst-based")
        }
    }

    @Test func chancesRepeatWithTheirSeed() async throws {
        func struck() async throws -> [Int] {
            try await withSimulatedJira { jira in
                try jira.add(fault: "status=500,probability=0.4,seed=11")
                var statuses: [Int] = []
                for _ in 0..<20 { statuses.append(await RawClient(jira).get("myself").status ?? 0) }
                return statuses
            }
        }
        let first = try await struck()
        #expect(Set(first) == [200, 500])
        #expect(try await struck() == first)
    }

    @Test func theTokenBucketRefills() async throws {
        let clock = HeldClock()
        var options = SimulatedJira.Options()
        options.now = clock.now
        options.settings.rateLimit = .init(perSecond: 1, burst: 2)
        try await withSimulatedJira(options) { jira in
            let client = RawClient(jira)
            #expect(await client.get("myself").status == 200)
            #expect(await client.get("myself").status == 200)
            #expect(await client.get("myself").status == 429)
            clock.advance(bySeconds: 1)
            #expect(await client.get("myself").status == 200)
        }
    }

    @Test(arguments: [
        "", "explode", "status=20", "close-after-commit,operation=fly", "delay-before", "status=500,count=x",
    ])
    func whatIsNoFaultIsRefusedInWords(text: String) {
        #expect(throws: FaultSyntaxError.self) { try SimulatedJira.Fault(parsing: text) }
    }

    @Test func aRestoredJiraGivesIdsAndKeysAgain() async throws {
        try await withSimulatedJira { jira in
            let client = RawClient(jira)
            try jira.createIssue(project: "COMP", summary: "old")
            jira.backUp()
            let lost = await client.post("issue", creation()).json
            try jira.transition("COMP-1")
            try jira.restore()
            #expect(jira.lostIssues.map(\.key) == ["COMP-2"])
            #expect(jira.setBackIssues.map(\.key) == ["COMP-1"])
            #expect(jira.issue("COMP-1")?.status.category == .new)
            #expect(await client.get("issue/COMP-2").status == 404)
            #expect(await client.post("issue", creation()).json == lost)
        }
    }

    @Test func aFaultEndsWithItsTime() async throws {
        let clock = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
        var options = SimulatedJira.Options()
        options.now = { clock.withLock { $0 } }
        try await withSimulatedJira(options) { jira in
            try jira.add(fault: "status=403,body=gateway,method=POST,lasting=3s")
            let client = RawClient(jira)
            let refused = await client.post("issue", creation())
            #expect(refused.status == 403)
            #expect(refused.json["error"] != nil)
            #expect(await client.get("myself").status == 200)
            clock.withLock { $0 += 3 }
            #expect(await client.post("issue", creation()).status == 201)
        }
    }
}
