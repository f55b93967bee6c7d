import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("Jobs that wait for another's ticket")
struct WaitingForAnotherTests {
    @Test(
        "They ask ever more seldom: what keeps the ticket from being made may last for days, and more of them come each hour",
        arguments: [ComplianceFailureHandler.kind, CompliancePassHandler.kind])
    func patience(kind: String) async throws {
        try await Scene.with { scene in
            let services = ComplianceServices(
                scene.configuration, pool: scene.database.pool, http: scene.http, logger: .quiet)
            let site = GateScope.site(try #require(scene.configuration.connection))
            _ = try await services.gates.shut(
                site, .credentials, reason: "refused.", remedy: "", wait: .seconds(7_200), services.gates.admit([]),
                customerID: "acme", jobID: 1)
            let first = try await scene.database.leasedFailure("CC1")
            _ = try await ComplianceFailureHandler(services: services).perform(first, JobContext())

            let isPass = kind == CompliancePassHandler.kind
            let payload = isPass ? Payload.pass("CC1") : Payload.failure("CC1")
            let job = try await scene.database.lease(try await scene.database.insert(kind, payload: payload.json))
            func wait(after snoozes: Int) async throws -> Duration {
                let again = ClaimedJob(
                    id: job.id, kind: job.kind, customerID: job.customerID, payload: job.payload, snoozes: snoozes,
                    fence: job.fence, createdAt: job.createdAt)
                let outcome =
                    isPass
                    ? try await CompliancePassHandler(services: services).perform(again, JobContext())
                    : try await ComplianceFailureHandler(services: services).perform(again, JobContext())
                guard case .snooze(let wait, let reason, _) = outcome, reason.contains("being created") else {
                    Issue.record("\(outcome)")
                    return .zero
                }
                return wait
            }
            #expect(try await wait(after: 0) <= .seconds(3), "most are made at once")
            #expect(try await wait(after: 10) <= .seconds(15))
            #expect(try await wait(after: 200) >= .seconds(100))
            #expect(try await wait(after: 100_000) <= .seconds(300))
        }
    }
}
