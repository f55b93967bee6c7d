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
}
