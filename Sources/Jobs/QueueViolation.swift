/// Something in the queue that no run of this program leaves behind: a restored backup, a hand in the tables, or a fault.
package struct QueueViolation: Sendable {
    package enum Rule: String, Sendable, CaseIterable {
        case nowhere
        case inTwoPlaces = "in two places"
        case withoutJob = "without a job"
        case inWrongLane = "in the wrong lane"
        case unknownWorker = "worker unknown"
        case fenceUsedTwice = "fence used twice"
        case fenceNotRising = "fence not rising"
        case keyHeldForNobody = "key held for nobody"
        case keyNotHeld = "key not held"
        case sequenceBehind = "sequence behind"
        case noRoom = "no room"
    }

    package let rule: Rule
    /// nil where it is not about one job.
    package let jobID: Int64?
    package let detail: String

    package var message: String {
        let job = jobID.map { "job \($0)" } ?? ""
        return switch rule {
        case .nowhere: "\(job) (\(detail)) is neither waiting nor in hand nor ended: nobody will ever run it"
        case .inTwoPlaces: "\(job) is in more than one place: \(detail)"
        case .withoutJob: "\(job) is \(detail), and there is no such job"
        case .inWrongLane: "\(job) waits as one it is not: \(detail)"
        case .unknownWorker: "\(job) is in the hands of a worker that nobody knows, \(detail): nobody will take it over"
        case .fenceUsedTwice: "\(job) and another share a lease's number: \(detail)"
        case .fenceNotRising: "\(job) has a lease whose number is not above those before it: \(detail)"
        case .keyHeldForNobody:
            "the unique key \(detail) is held for \(job), which is not unfinished: no other job can have it"
        case .keyNotHeld: "\(job) is unfinished and does not hold its unique key \(detail): another may get it"
        case .sequenceBehind: "a number will be given twice: \(detail)"
        case .noRoom: "the tables have no room for what is inserted next: \(detail)"
        }
    }

    /// What the owner of the schema can do about it; statements name the rows they are about.
    package var remedy: String {
        let id = jobID.map(String.init) ?? "0"
        return switch rule {
        case .nowhere:
            "to have it run: INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority) "
                + "SELECT id, customer_id, kind, priority FROM kushim_jira.jobs WHERE id = \(id)"
        case .inTwoPlaces:
            "see kushim-jira jobs show \(id); keep the place that is right and delete its row from the other's table"
        case .withoutJob:
            "DELETE FROM kushim_jira.ready, scheduled, leases or dead_jobs WHERE job_id = \(id)"
        case .inWrongLane:
            "DELETE FROM kushim_jira.ready WHERE job_id = \(id), and insert it as its row in kushim_jira.jobs says"
        case .unknownWorker:
            "stop all workers, then move it: WITH l AS (DELETE FROM kushim_jira.leases WHERE job_id = \(id) RETURNING *) "
                + "INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority, attempt, losses, snoozes) "
                + "SELECT job_id, customer_id, kind, priority, attempt, losses, snoozes FROM l"
        case .fenceUsedTwice, .fenceNotRising:
            "stop all workers; SELECT setval('kushim_jira.fence_seq', greatest((SELECT max(fence) FROM kushim_jira.attempts), "
                + "(SELECT max(fence) FROM kushim_jira.leases))); start them again"
        case .keyHeldForNobody:
            "DELETE FROM kushim_jira.unique_jobs WHERE job_id = \(id)"
        case .keyNotHeld:
            "INSERT INTO kushim_jira.unique_jobs SELECT kind, customer_id, unique_key, id FROM kushim_jira.jobs WHERE id = \(id)"
        case .sequenceBehind:
            "SELECT setval(NAME, NUMBER IN USE), with the two from the message"
        case .noRoom:
            "SELECT kushim_jira.extend_ranges('1 day'); a worker that runs does so by itself"
        }
    }
}
