import Jobs

extension CheckCommand {
    /// Looks for jobs that are nowhere or in two places, leases of nobody, numbers that were or would be given twice.
    func checkQueue(_ configuration: Configuration, _ report: inout CheckReport) async throws {
        let most = 100
        let violations = try await DatabaseSession.withQueue(configuration) { try await $0.violations(limit: most) }
        for violation in violations {
            report.add(
                "Queue",
                .problem(
                    violation.message, remedy: "as the owner of the schema: \(violation.remedy)", .problemFound))
        }
        if violations.isEmpty {
            report.add("Queue", .ok("every job is in exactly one place, every lease is a known worker's"))
        } else if violations.count == most {
            report.add("Queue", .skipped("there may be more; these are the first \(most)"))
        }
    }

    /// No worker will ever run a job without a place. This looks at the newest jobs, `--queue` at all.
    func checkNewestJobs(_ configuration: Configuration, _ report: inout CheckReport) async {
        do {
            let (looked, ids) = try await DatabaseSession.withQueue(configuration) { try await $0.nowhere() }
            guard let first = ids.first else {
                return report.add("Queue", .ok("each of the newest \(looked) jobs has its place; --queue looks at all"))
            }
            report.add(
                "Queue",
                .problem(
                    "of the newest \(looked) jobs \(ids.count) have no place in the queue, so no worker will ever run them, such as "
                        + "job \(first)",
                    remedy:
                        "as the owner of the schema: kushim-jira migrate --repair puts them in their places; --queue tells which they are",
                    .problemFound))
        } catch {
            report.add("Queue", .skipped("could not be looked at: \(error)"))
        }
    }
}
