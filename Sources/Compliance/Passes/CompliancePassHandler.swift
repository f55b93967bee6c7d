import FoundationEssentials
import Jira
import Jobs
import Postgres

/// A control passes again: one comment on its open ticket. The ticket stays open; closing it is for people.
struct CompliancePassHandler: JobHandler {
    static let kind = CompliancePass.kind

    let services: ComplianceServices

    func perform(_ job: ClaimedJob, _ context: JobContext) async throws -> Outcome {
        let pass: CompliancePass
        do {
            pass = try CompliancePass(payload: job.payload)
        } catch {
            return .discard(reason: "\(error)")
        }
        return try await services.uncounted { try await perform(job, pass, context) }
    }

    private func perform(_ job: ClaimedJob, _ pass: CompliancePass, _ context: JobContext) async throws -> Outcome {
        _ = try await services.customers.settings(of: job.customerID)
        let find = FindPassedTicket(
            job: job, controlID: pass.controlID, resource: pass.resource ?? "", detectedAt: pass.detectedAt)
        guard let row = try await services.pool.execute(find).first, row.holdsLease else { throw LeaseLost() }
        guard let ticket = row.ticket else { return try noTicket(job, pass) }
        guard let known = ticket.known else {
            throw NotNow(forTicketOf: pass.controlID, by: "the job of a failure", job)
        }
        let issue = known.reference
        if ticket.comment.sends == 0 {
            if ticket.isPassing {
                return skipped(
                    pass, issue, rule: "already_passing", "it was said on \(issue.key) that the control passes")
            }
            if row.passedAt < ticket.lastFailedAt {
                return skipped(pass, issue, rule: "newer_failure", "the control failed again after it passed")
            }
        }
        let announcement = PassAnnouncement(
            services: services, jira: try services.jira(for: job, context), job: job, context: context, pass: pass,
            passedAt: row.passedAt, ticket: ticket, known: known)
        return try await announcement.bringToAnEnd()
    }

    /// A failure that was inserted just before may still be on its way.
    private func noTicket(_ job: ClaimedJob, _ pass: CompliancePass) throws(NotNow) -> Outcome {
        let waits: [Duration] = [.seconds(2), .seconds(10)]
        guard job.snoozes < waits.count else {
            return skipped(pass, nil, rule: "no_open_ticket", "the control has no open ticket")
        }
        throw NotNow(wait: waits[job.snoozes], reason: "no open ticket for \(pass.controlID) yet")
    }

    private func skipped(_ pass: CompliancePass, _ issue: IssueReference?, rule: String, _ reason: String) -> Outcome {
        .completed([
            services.record(
                .ticketSkipped, control: pass.controlID, issueKey: issue?.key,
                ["rule": .string(rule), "reason": .string(reason)])
        ])
    }
}
