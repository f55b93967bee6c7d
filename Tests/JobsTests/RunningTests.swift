import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@Suite("Running jobs")
struct RunningTests {
    @Test("A job is run once with what its producer wrote, and its history is kept")
    func roundTrip() async throws {
        try await TestDatabase.with { database in
            let seen = Notes<ClaimedJob>()
            let worker = database.worker { job, context in
                seen.add(job)
                try context.checkLease()
                return .completed()
            }
            let id = try await database.enqueue()[0]
            try await database.running(worker) { try await database.waitUntilAllFinished() }
            let job = try #require(seen.all.first)
            #expect(seen.count == 1)
            #expect(job.id == id && job.customerID == "acme" && job.attempt == 1 && job.maxAttempts == 25)
            #expect(job.payload == #"{"n": 1}"#)
            #expect(
                try await database.query("SELECT attempt, outcome, worker FROM kushim_jira.job_history") == [
                    ["1", "completed", "test"]
                ])
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.leases") == "0")
            #expect(try await database.value("SELECT state FROM kushim_jira.workers") == "stopped")
        }
    }

    @Test("Thousands of jobs and two workers: each job exactly once")
    func exactlyOnce() async throws {
        try await TestDatabase.with(poolSize: 12) { database in
            let seen = Notes<Int64>()
            let configuration = WorkerConfiguration.quick { $0.slots = 64 }
            let one = database.worker(configuration) { job, _ in
                seen.add(job.id)
                return .completed()
            }
            let other = database.worker(configuration) { job, _ in
                seen.add(job.id)
                return .completed()
            }
            let ids = try await database.enqueue(5000)
            let start = ContinuousClock.now
            try await database.running(one, other) { try await database.waitUntilAllFinished() }
            print("5000 jobs in", ContinuousClock.now - start)
            #expect(seen.count == 5000)
            #expect(Set(seen.all) == Set(ids))
            #expect(
                try await database.value("SELECT count(*) FROM kushim_jira.attempts WHERE outcome = 'completed'")
                    == "5000")
        }
    }
}
