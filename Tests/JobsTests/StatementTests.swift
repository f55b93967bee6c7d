import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

@Suite("Statements")
struct StatementTests {
    private static let all: [any Statement.Type] = [
        PinPlans.self, PinSettling.self, FindBlockers.self, ClaimJobs.self, ClaimUnread.self, ReadJob.self,
        RemoveOrphan.self, ReleaseUnheardJobs.self,
        LockCustomers.self, CountRoom.self,
        FindArrivals.self,
        SurveyLanes.self, WakeWorkers.self, SettleJobs.self, RegisterWorker.self, Beat.self,
        DescribeWorker.self, ListWorkers.self, StopWorker.self, AnnounceSleep.self, RemoveOldWorkers.self,
        BuryWorkers.self, TakeUpJobs.self, PromoteJobs.self,
        ExtendRanges.self, ForgetJobs.self, MeasureQueue.self, CountWorkersAlive.self, InsertJobs.self,
        EnqueueJobs.self,
        ListJobs.self, FindJob.self, LocateJob.self, FindPayload.self, ListAttempts.self, RetryJobs.self,
        CancelJobs.self,
        StatesOfJobs.self, FindViolations.self, FindNowhereJobs.self, AdmitJobs.self, LockPlaces.self, CountJobs.self,
        MendTimes.self, ReadClock.self,
    ]

    @Test("Every statement of the engine fits the newest schema, also for the daemon's role")
    func prepare() async throws {
        try await TestDatabase.with { database in
            try await database.pool.withConnection { connection in
                for (index, statement) in Self.all.enumerated() {
                    do {
                        try await connection.execute(sql: "PREPARE s\(index) AS \(statement.sql)")
                    } catch {
                        Issue.record("\(statement): \(error)")
                    }
                }
            }
        }
    }

    @Test("No statement is missing from that test")
    func complete() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/Jobs")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var names: Set<String> = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /struct (\w+): Statement \{/) { names.insert(String(match.1)) }
        }
        #expect(names == Set(Self.all.map { String(describing: $0) }))
    }

    @Test("The daemon's role may do all of it, and nobody needs to be an owner")
    func role() async throws {
        try await TestDatabase.with { database in
            let login = "daemon_\(database.name)"
            try await TestDatabase.administer("CREATE ROLE \(login) LOGIN IN ROLE kushim_jira_worker")
            var configuration = database.configuration
            configuration.conninfo += " user=\(login)"
            let pool = PostgresPool(configuration, size: 4, logger: .quiet)
            let worker = Worker(
                pool: pool, postgres: configuration,
                handlers: [
                    Toy { job, _ in
                        job.attempt == 1
                            ? .retry(reason: "once more", after: .zero)
                            : .completed([NewJob(kind: "recheck", payload: "{}", uniqueKey: "after \(job.id)")])
                    }
                ],
                configuration: .quick {
                    $0.lease = .milliseconds(900)
                    $0.retentionInterval = .milliseconds(50)
                    $0.gaugeInterval = .milliseconds(50)
                }, logger: .quiet)
            let queue = JobQueue(pool: pool)
            do {
                let ids = try await queue.enqueue([NewJob(kind: "notification", payload: "{}")])
                try await database.running(worker) {
                    try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "1")
                }
                #expect(try await queue.show(ids[0])?.summary.state == .completed)
                let rechecks = try await queue.list(JobFilter(kind: "recheck"))
                #expect(try await queue.cancel(rechecks.map(\.id), reason: "test").changed.count == 1)
                _ = try await queue.counts()
            } catch {
                Issue.record(error)
            }
            await pool.close()
            _ = try await database.query("DROP OWNED BY \(login)")
            try await TestDatabase.administer("DROP ROLE \(login)")
        }
    }
}
