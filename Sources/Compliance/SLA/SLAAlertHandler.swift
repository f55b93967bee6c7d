import FoundationEssentials
import Jira
import Jobs
import Postgres

/// The due date of a ticket comes near, or has passed: an alert, unless the ticket is done.
struct SLAAlertHandler: JobHandler {
    static let kind = SLAAlert.kind

    let services: ComplianceServices

    /// Looks at a Jira that cannot be asked; then the alert goes out all the same.
    static let patience = 3

    func perform(_ job: ClaimedJob, _ context: JobContext) async throws -> Outcome {
        let alert: SLAAlert
        do {
            alert = try SLAAlert(payload: job.payload)
        } catch {
            return .discard(reason: "\(error)")
        }
        return try await services.uncounted(job) { try await perform(job, alert, context) }
    }

    private func perform(_ job: ClaimedJob, _ alert: SLAAlert, _ context: JobContext) async throws -> Outcome {
        let settings = try await services.customers.settings(of: job.customerID)
        guard let ticket = try await services.pool.execute(ReadTicket(id: alert.ticketID)).first else {
            return .discard(reason: "payload.ticketId: the ledger has no ticket \(alert.ticketID)")
        }
        // Whoever ended it has recorded that, and whether it was in time.
        guard ticket.state == .open, let known = ticket.known else { return .completed() }
        // The due date came forward: there are other alerts for that.
        guard alert.dueAt < ticket.dueAt.addingTimeInterval(1) else { return .completed() }
        if try await services.pool.execute(AlertIsRaised(alert: alert)).first == true { return .completed() }

        let status: TicketStatus
        do {
            let look = TicketLook(services: services, jira: try services.jira(for: job, context))
            status = try await look.status(of: known)
        } catch let notNow as NotNow {
            status = .unknown(notNow.reason)
        } catch let words as DislikedWords {
            status = .unknown(words.obstacle.sentence)
        }
        if let why = status.whyUnseen, job.snoozes < Self.patience {
            throw NotNow(
                wait: services.configuration.gates.unavailable * 5, reason: "cannot see \(known.reference.key): \(why)")
        }
        // One that the customer moved away from is open still, as far as anything is known.
        if case .elsewhere = status { return .completed(alerted(job, alert, ticket, status, settings)) }
        if let ended = TicketEnded(
            ticketID: ticket.id, status, actor: services.configuration.actor,
            noticedBy: "seen when the alert \(alert.threshold) was due")
        {
            return .completed([ended])
        }
        return .completed(alerted(job, alert, ticket, status, settings))
    }

    private func alerted(
        _ job: ClaimedJob, _ alert: SLAAlert, _ ticket: AlertedTicket, _ status: TicketStatus,
        _ settings: CustomerSettings
    ) -> [any Effect] {
        var detail: [String: JSONValue] = [
            "threshold": .string("\(alert.threshold)"), "dueAt": .moment(ticket.dueAt),
            "severity": .string(ticket.severity.rawValue), "breached": .bool(ticket.timeLeft <= .zero),
        ]
        switch status {
        case .open(let name): detail["status"] = .string(name ?? "open")
        case .unknown(let why), .hidden(let why), .elsewhere(let why): detail["status"] = .string("unknown: \(why)")
        case .done, .deleted: break
        }
        let raised = AlertRaised(alert: alert, actor: services.configuration.actor, detail: detail)
        guard settings.slack.webhook(for: ticket.severity) != nil else { return [raised] }
        return [raised, SLANotification(alert).job(customerID: job.customerID)]
    }
}
