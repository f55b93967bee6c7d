extension QueueViolation {
    /// What the owner of the schema can do about it, with the statements as psql takes them.
    package var remedy: String {
        let sql = statements.joined(separator: "; ")
        return switch rule {
        case .nowhere:
            "kushim-jira migrate --repair puts all such jobs in their places, by the rules of the insert; for this one, unchecked: \(sql)"
        case .inTwoPlaces:
            "see kushim-jira jobs show \(id), keep the place that is right, and run the statement of the other: "
                + statements.joined(separator: "  or  ")
        case .unknownWorker, .fenceUsedTwice, .fenceNotRising: "stop all workers, then: \(sql)"
        case .noRoom where isAtTheEnd:
            "the ids end at \(Int64.max), so kushim_jira.extend_ranges fails with \"bigint out of range\": the sequence was set "
                + "so high by hand; set it back, if no job has such an id: \(sql)"
        case .noRoom: "\(sql); a worker that runs does so by itself"
        case .withoutJob, .inWrongLane, .keyHeldForNobody, .keyNotHeld, .sequenceBehind: sql
        }
    }

    /// Of `inTwoPlaces` one a place.
    package var statements: [String] {
        switch rule {
        case .nowhere:
            [
                "INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority) "
                    + "SELECT id, customer_id, kind, priority FROM kushim_jira.jobs WHERE id = \(id)"
            ]
        case .inTwoPlaces: takenFrom(detail.split(separator: " and ").map(String.init))
        case .withoutJob: takenFrom([detail])
        case .inWrongLane:
            [
                "WITH r AS (DELETE FROM kushim_jira.ready WHERE job_id = \(id) RETURNING *) "
                    + "INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority, attempt, losses, snoozes) "
                    + "SELECT j.id, j.customer_id, j.kind, j.priority, r.attempt, r.losses, r.snoozes "
                    + "FROM r JOIN kushim_jira.jobs j ON j.id = r.job_id"
            ]
        case .unknownWorker:
            [
                "WITH l AS (DELETE FROM kushim_jira.leases WHERE job_id = \(id) RETURNING *) "
                    + "INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority, attempt, losses, snoozes) "
                    + "SELECT job_id, customer_id, kind, priority, attempt, losses, snoozes FROM l"
            ]
        case .fenceUsedTwice, .fenceNotRising:
            [
                "SELECT setval('kushim_jira.fence_seq', greatest((SELECT max(fence) FROM kushim_jira.attempts), "
                    + "(SELECT max(fence) FROM kushim_jira.leases)))"
            ]
        case .keyHeldForNobody: ["DELETE FROM kushim_jira.unique_jobs WHERE job_id = \(id)"]
        case .keyNotHeld:
            [
                "INSERT INTO kushim_jira.unique_jobs "
                    + "SELECT kind, customer_id, unique_key, id FROM kushim_jira.jobs WHERE id = \(id)"
            ]
        case .sequenceBehind: risen
        case .noRoom where isAtTheEnd:
            ["SELECT setval('kushim_jira.jobs_id_seq', (SELECT coalesce(max(id), 1) FROM kushim_jira.jobs))"]
        case .noRoom: ["SELECT kushim_jira.extend_ranges('1 day')"]
        }
    }

    private var id: Int64 { jobID ?? 0 }

    /// Each place is a row of a table of its own.
    private func takenFrom(_ places: [String]) -> [String] {
        Set(places).sorted().map { place in
            switch place {
            case "ready" where places.count > 1 && Set(places).count == 1:
                "DELETE FROM kushim_jira.ready WHERE job_id = \(id) "
                    + "AND seq > (SELECT min(seq) FROM kushim_jira.ready WHERE job_id = \(id))"
            case "ready", "scheduled": "DELETE FROM kushim_jira.\(place) WHERE job_id = \(id)"
            case "in hand": "DELETE FROM kushim_jira.leases WHERE job_id = \(id)"
            case "completed": "DELETE FROM kushim_jira.attempts WHERE job_id = \(id) AND outcome = 'completed'"
            default: "DELETE FROM kushim_jira.dead_jobs WHERE job_id = \(id)"
            }
        }
    }

    /// From `kushim_jira.ready_seq at 1, in use 3`.
    private var risen: [String] {
        guard let found = detail.firstMatch(of: /(kushim_jira\.[a-z_]+) at .* in use ([0-9]+)/) else { return [] }
        return ["SELECT setval('\(found.1)', \(found.2))"]
    }

    /// Whether the next id is so high that no range of jobs fits above it.
    private var isAtTheEnd: Bool {
        let next = detail.split(separator: " ").last.flatMap { Int64($0) } ?? Int64.max
        return next > Int64.max - 300_000_000
    }
}
