import Foundation
import HTTP
import Jira
import JiraSimulator
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

@Suite("Numbers from outside trap nothing", .serialized)
struct ExtremeNumbersTests {
    @Test("A number that no project reaches is not one of an issue key")
    func keys() {
        #expect(IssueKey.parts("COMP-142")?.number == 142)
        #expect(IssueKey.parts("A-B-999999999999")?.project == "A-B")
        for number in [
            "0", "-1", "1000000000000", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e9", "",
            "٣",
        ] {
            #expect(IssueKey.parts("COMP-\(number)")?.number ?? 1 == 1, "\(number)")
        }
        #expect(IssueKey.parts("COMP") == nil)
    }

    @Test(
        "A project whose newest issue has the highest number there is: a lost answer is looked for all the same",
        arguments: LookTests.modes)
    func highestKey(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            let stranger = try scene.jira.createIssue(project: "COMP", summary: "made by hand")
            try scene.jira.edit(stranger.key) { $0.number = .max }
            try scene.jira.add(fault: "close-after-commit,operation=createIssue,count=1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 2)
            #expect(try await scene.actions()["ticket.adopted"] == 1)
        }
    }

    @Test("Nor does one that an older version wrote into the ledger", arguments: [Int64.max, .max - 100, .min, -1])
    func ledger(number: Int64) async throws {
        try await Scene.with(.dataCenter) { scene in
            try scene.jira.add(fault: "close-after-commit,operation=createIssue,count=1")
            let job = try await scene.database.leasedFailure("CC1")
            guard case .snooze = try await scene.failureHandler.perform(job, JobContext()) else {
                Issue.record("the answer was not lost")
                return
            }
            _ = try await scene.database.query("UPDATE kushim_jira.tickets SET last_issue_seen = \(number)")
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
        }
    }

    @Test(
        "Slack cannot make the daemon wait for ever",
        arguments: [
            ("nan", 0, 1), ("inf", 0, 1), ("-5", 0, 1), ("1e400", 0, 1), ("0", 0, 1), ("2.5", 0, 3),
            ("9223372036854775808", 0, 60), ("9223372036854775808", 1, 120), ("9223372036854775808", 100, 3_600),
            ("90", 0, 60), ("90", 1, 90), ("soon", 0, 1),
        ])
    func slack(retryAfter: String, waitedBefore: Int, seconds: Int) async throws {
        let slack = try StandInForSlack([.status(429, retryAfter: retryAfter)])
        try await Scene.with { scene in
            let request = HTTPRequest(
                method: .post, url: slack.webhook, headers: [:], body: Array("{}".utf8), allowsPlainHTTP: true)
            guard
                case .later(let wait, _) = await scene.failureHandler.services
                    .deliver(request, waitedBefore: waitedBefore)
            else {
                Issue.record("it was not put off")
                return
            }
            #expect(wait == .seconds(seconds))
        }
    }

    @Test("A ticket whose times are at the end of time can be told of")
    func message() {
        for share in [0, -1, .nan, .infinity, -.infinity, 1e300, -1e300] {
            for due in [Date.distantPast, .distantFuture, Date(timeIntervalSince1970: 9_224_318_015_999)] {
                let ticket = AlertedTicket(
                    id: 1, state: .open, customerID: "acme", controlID: "CC6.1", controlTitle: "MFA", severity: .medium,
                    known: nil, dueAt: due, shareElapsed: share, timeLeft: .seconds(1))
                let issue = IssueReference(id: "1", key: "COMP-1", url: "https://acme.atlassian.net/browse/COMP-1")
                let message = SlackMessage(ticket: ticket, issue: issue, threshold: .share(percent: 75))
                #expect(!message.json.description.isEmpty)
            }
        }
    }

    @Test(
        "Spans are at most a hundred years",
        arguments: ["9223372036854775807d", "99999999999d", "99999999999s", "-1d", "1e9d"])
    func spans(text: String) {
        #expect(throws: SpanError.self) { try Compliance.Span(text) }
    }
}
