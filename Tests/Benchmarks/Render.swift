import Compliance
import Foundation
import Jira
import TestSupport

/// What a ticket costs to write: from a failure that has been read to the bytes of the create request, with the guide's template.
struct Render: Benchmark {
    private static let failure = """
        {"controlId": "AWS_IAM_MFA", "controlTitle": "IAM MFA Enforcement", "severity": "high", "framework": "SOC 2 CC6.1", \
        "failureReason": "6 of 14 IAM users have no MFA device: alice, bob, carol, dave, erin, frank", "integration": "AWS", \
        "evidenceId": "ev_8f2c1", "detectedAt": "2026-11-23T10:00:00Z", "affectedSystems": ["aws:123456789012", "aws:210987654321"]}
        """

    func run(in bench: Bench) async throws -> BenchmarkReport {
        let tickets = bench.jobs(20_000, brief: 5_000)
        let rounds = 5
        var settings = TicketSettings()
        settings.project = "COMP"
        let planner = TicketPlanner(settings)
        let failure = try ComplianceFailure(payload: Self.failure)
        var times: [JiraConnection.Deployment: [Double]] = [:]
        var foundation: [Double] = []
        for round in 1...rounds {
            bench.say("render: round \(round) of \(rounds)")
            for deployment in [JiraConnection.Deployment.cloud, .dataCenter] {
                times[deployment, default: []].append(
                    try Self.time(tickets) { try Self.request(planner, failure, deployment, job: $0).count })
            }
            let fields = try JSONSerialization.jsonObject(with: Data(Self.request(planner, failure, .cloud, job: 1)))
            foundation.append(try Self.time(tickets) { _ in try JSONSerialization.data(withJSONObject: fields).count })
        }
        return BenchmarkReport(
            benchmark: "render",
            conditions: [
                "\(tickets) tickets a round, one after the other on one core; \(rounds) rounds; the guide's template, parsed once",
                "from the failure's values to the bytes of the request; reference: Foundation's JSONSerialization writes the "
                    + "same request from values that are ready",
            ],
            figures: [
                Figure(
                    "one ticket, Cloud", "us", times[.cloud] ?? [],
                    against: .init(name: "JSONSerialization", values: foundation), target: .value(.atMost, 50)),
                Figure("one ticket, Data Center", "us", times[.dataCenter] ?? [], target: .value(.atMost, 50)),
            ])
    }

    private static func request(
        _ planner: TicketPlanner, _ failure: ComplianceFailure, _ deployment: JiraConnection.Deployment, job: Int
    ) throws -> [UInt8] {
        let facts = TicketFacts(
            customerID: "acme", jobID: Int64(job), insertedAt: Date(timeIntervalSince1970: 1_763_900_000),
            dueDate: "2026-11-30", fingerprint: Fingerprint(hex: String(repeating: "0123456789abcdef", count: 4)))
        guard case .create(let draft) = planner.plan(failure, facts) else {
            throw ConditionNotMet(description: "the failure becomes no ticket")
        }
        return CreateIssue(fields: draft.createFields(for: deployment)).body.serialized()
    }

    /// - Returns: microseconds for one.
    private static func time(_ count: Int, _ body: (Int) throws -> Int) rethrows -> Double {
        let began = ContinuousClock.now
        var bytes = 0
        for number in 0..<count { bytes += try body(number) }
        precondition(bytes > 0)
        return began.duration(to: .now) / .microseconds(1) / Double(count)
    }
}
