import Compliance
import Jira

extension CheckCommand {
    /// Holds what the settings would send against what each project takes: what would be left out costs no ticket, but it is
    /// hardly what somebody meant.
    func rehearse(
        _ rehearsal: TicketRehearsal, _ tickets: TicketSettings, _ check: ConnectionCheck, _ report: inout CheckReport
    ) async {
        // Without them Jira answers as if it were empty.
        let isUsable = check.steps.contains { $0.subject == .user && !$0.isProblem }
        guard isUsable else { return }
        do throws(JiraError) {
            for result in try await rehearsal.results(for: tickets) {
                add(result, check, &report)
            }
            let resolutions = try await rehearsal.resolutions(of: tickets)
            for name in resolutions.unknown {
                let known = resolutions.known.joined(separator: ", ")
                report.add(
                    "Accepted resolutions",
                    .warning("tickets.accepted_resolutions: no issue is closed as \"\(name)\"; Jira has \(known)"))
            }
        } catch {
            report.add("Settings", .skipped("could not be tried: \(error.words)"))
        }
    }

    private func add(_ result: TicketRehearsal.Result, _ check: ConnectionCheck, _ report: inout CheckReport) {
        let name = "Settings for \(result.project) (\(result.kind))"
        let hasProblem = check.steps.contains { $0.project == result.project && $0.isProblem }
        for warning in result.warnings {
            report.add(name, .warning("\(warning.setting) is left out: \(warning.problem)"))
        }
        if let obstacle = result.obstacle {
            // Permissions, type and fields that nothing fills were told of already.
            if !hasProblem { report.add(name, .problem(obstacle.problem, remedy: obstacle.remedy, .problemFound)) }
        } else if result.isUnknown {
            report.add(name, .skipped("Jira does not tell what it takes; what it refuses will be left out"))
        } else if result.warnings.isEmpty {
            report.add(name, .ok("all that they name is taken"))
        }
    }
}
