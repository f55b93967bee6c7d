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
        return try await services.uncounted(job) { try await perform(job, pass, context) }
    }

    private func perform(_ job: ClaimedJob, _ pass: CompliancePass, _ context: JobContext) async throws -> Outcome {
        _ = try await services.customers.settings(of: job.customerID)
        let find = FindPassedTicket(
            job: job, controlID: pass.controlID, resource: pass.resource ?? "", detectedAt: pass.detectedAt)
        guard let row = try await services.pool.execute(find).first, row.holdsLease else { throw LeaseLost() }
        guard let ticket = row.ticket else { return try await noTicket(job, pass, row) }
        guard let known = ticket.known else {
            // What was put off may be so for days, and the control passes.
            guard !ticket.isOnItsWay, job.snoozes >= Self.patience.count else {
                throw NotNow(forTicketOf: pass.controlID, by: "the job of a failure", job)
            }
            return try await noted(
                job, pass, row, rule: "failure_waits",
                "the control's failure still waits for its ticket, and gets none: it passes since")
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
    private static let patience: [Duration] = [.seconds(2), .seconds(10)]

    private func noTicket(_ job: ClaimedJob, _ pass: CompliancePass, _ row: FindPassedTicket.Row) async throws
        -> Outcome
    {
        guard job.snoozes >= Self.patience.count else {
            throw NotNow(wait: Self.patience[job.snoozes], reason: "no open ticket for \(pass.controlID) yet")
        }
        return try await noted(job, pass, row, rule: "no_open_ticket", "the control has no open ticket")
    }

    /// A failure that waits where the ledger cannot see it, before it was decided upon, is answered as well.
    private func noted(
        _ job: ClaimedJob, _ pass: CompliancePass, _ row: FindPassedTicket.Row, rule: String, _ reason: String
    ) async throws -> Outcome {
        let resource = pass.resource ?? ""
        let note = NotePass(job: job, controlID: pass.controlID, resource: resource, passedAt: row.passedAt)
        _ = try await services.pool.transaction(CommitDurably(), note)
        let find = FindPassedTicket(
            job: job, controlID: pass.controlID, resource: resource, detectedAt: pass.detectedAt)
        guard let now = try await services.pool.execute(find).first, now.holdsLease else { throw LeaseLost() }
        if let ticket = now.ticket, ticket.known != nil || ticket.isOnItsWay {
            throw NotNow(forTicketOf: pass.controlID, by: "the job of a failure", job)
        }
        return skipped(pass, nil, rule: rule, reason)
    }

    private func skipped(_ pass: CompliancePass, _ issue: IssueReference?, rule: String, _ reason: String) -> Outcome {
        .completed([
            services.record(
                .ticketSkipped, control: pass.controlID, issueKey: issue?.key,
                ["rule": .string(rule), "reason": .string(reason)])
        ])
    }
}
