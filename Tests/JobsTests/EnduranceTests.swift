import Foundation
import Jobs
import Logging
import Postgres
import TestSupport
import Testing

@Suite("Shutdown and outages")
struct EnduranceTests {
    @Test("Shutdown takes on nothing new and lets what is in hand finish")
    func drains() async throws {
        try await TestDatabase.with { database in
            let gate = Gate()
            let begun = Notes<Bool>()
            // With one slot no claim can be under way when shutdown begins; what such a claim brings is carried out too.
            let worker = database.worker(.quick { $0.slots = 1 }) { _, context in
                begun.add(context.isShuttingDown)
                try await gate.pass()
                begun.add(context.isShuttingDown)
                return .completed()
            }
            let first = try await database.enqueue()[0]
            try await database.running(worker) {
                try await eventually("the job is in hand") { begun.count == 1 }
                worker.drain()
                try await database.enqueue()
                gate.open()
            }
            #expect(begun.all == [false, true])
            #expect(
                try await database.query("SELECT job_id, state FROM kushim_jira.finished") == [
                    ["\(first)", "completed"]
                ])
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.ready") == "1")
            #expect(try await database.value("SELECT state FROM kushim_jira.workers") == "stopped")
        }
    }

    @Test("What does not finish within the grace is put back, with no attempt charged", arguments: [true, false])
    func releases(atOnce: Bool) async throws {
        try await TestDatabase.with { database in
            let begun = Notes<Int64>()
            let worker = database.worker(.quick { $0.shutdownGrace = atOnce ? .seconds(3600) : .milliseconds(50) }) {
                job, _ in
                begun.add(job.id)
                try await Task.sleep(for: .seconds(3600))
                return .completed()
            }
            try await database.enqueue(3)
            try await database.running(worker) {
                try await eventually("the jobs are in hand") { begun.count == 3 }
                worker.drain()
                if atOnce { worker.releaseAtOnce() }
            }
            #expect(
                try await database.query("SELECT DISTINCT attempt, losses, snoozes FROM kushim_jira.ready")
                    == [["0", "0", "0"]])
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.ready") == "3")
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.attempts") == "0")
        }
    }

    @Test("Cancelling the worker's task releases its jobs too")
    func cancellation() async throws {
        try await TestDatabase.with { database in
            let begun = Notes<Int64>()
            let worker = database.worker { job, _ in
                begun.add(job.id)
                try await Task.sleep(for: .seconds(3600))
                return .completed()
            }
            try await database.enqueue()
            let run = Task { try await worker.run() }
            try await eventually("the job is in hand") { begun.count == 1 }
            run.cancel()
            try await run.value
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.ready") == "1")
            #expect(try await database.value("SELECT state FROM kushim_jira.workers") == "stopped")
        }
    }

    @Test("Connections that are killed again and again lose no job and settle none twice")
    func killedConnections() async throws {
        try await TestDatabase.with { database in
            let configuration = WorkerConfiguration.quick {
                $0.slots = 16
                $0.lease = .seconds(3)
            }
            let workers = (0..<2).map { _ in database.worker(configuration) { _, _ in .completed() } }
            try await database.enqueue(1500)
            try await database.running(workers[0], workers[1]) {
                for _ in 0..<8 {
                    try await TestDatabase.administer(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database.name)'")
                    try await Task.sleep(for: .milliseconds(40))
                }
                try await eventually(within: .seconds(60), "all are done") {
                    (try? await database.value("SELECT count(*) FROM kushim_jira.finished")) == "1500"
                }
            }
            #expect(
                try await database.query(
                    "SELECT state, count(*), count(DISTINCT job_id) FROM kushim_jira.finished GROUP BY state")
                    == [["completed", "1500", "1500"]])
            #expect(
                try await database.query(
                    """
                    SELECT (SELECT count(*) FROM kushim_jira.ready), (SELECT count(*) FROM kushim_jira.leases),
                           (SELECT count(*) FROM kushim_jira.attempts WHERE outcome = 'completed')
                    """) == [["0", "0", "1500"]])
        }
    }

    @Test("A restart of the server in the middle of the work loses nothing", .timeLimit(.minutes(3)))
    func serverRestart() async throws {
        try await PrivatePostgres.with { server in
            try await server.migrate()
            let pool = PostgresPool(server.configuration, size: 6, acquisitionLimit: .seconds(5), logger: .quiet)
            let done = Notes<Int64>()
            let worker = Worker(
                pool: pool, postgres: server.configuration,
                handlers: [
                    Toy { job, _ in
                        done.add(job.id)
                        return .completed()
                    }
                ],
                configuration: .quick {
                    $0.slots = 4
                    $0.lease = .seconds(3)
                }, logger: .quiet)
            let queue = JobQueue(pool: pool)
            let jobs = (0..<300).map { _ in NewJob(kind: "notification", payload: "{}") }
            _ = try await queue.enqueue(jobs)
            let run = Task { try await worker.run() }
            try await eventually("work has begun") { done.count > 20 }
            try await server.stop("immediate")
            try await server.start()
            try await eventually(within: .seconds(90), "all are done") {
                guard let counts = try? await queue.counts() else { return false }
                return counts.kinds.allSatisfy { $0.ready + $0.running + $0.scheduled == 0 }
            }
            worker.drain()
            try await run.value
            #expect(try await queue.list(JobFilter(state: .completed, limit: 1000)).count == 300)
            await pool.close()
        }
    }
}
