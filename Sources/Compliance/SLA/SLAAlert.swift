import FoundationEssentials
import Jira
import Jobs

extension [ScheduledAlert] {
    /// As the audit log has them.
    var record: JSONValue {
        .array(map { ["threshold": .string("\($0.threshold)"), "at": .moment($0.moment)] })
    }
}

/// The payload of an `sla_alert` job: a ticket and the threshold of which it is to be warned.
struct SLAAlert: Sendable, Hashable {
    static let kind = "sla_alert"

    var ticketID: Int64
    var threshold: AlertThreshold
    var dueAt: Date
    /// Of a due date that came forward with a higher severity: that one.
    var escalatedTo: Severity?

    /// What is told once for each ticket.
    var key: String { escalatedTo.map { "\(threshold) (\($0.rawValue))" } ?? "\(threshold)" }

    var members: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "ticketId": .integer(ticketID), "threshold": .string("\(threshold)"), "dueAt": .moment(dueAt),
        ]
        if let escalatedTo { members["escalatedTo"] = .string(escalatedTo.rawValue) }
        return members
    }

    /// - Parameter moment: computed from instants of the database.
    func job(customerID: String, at moment: Date) -> NewJob {
        NewJob(
            kind: Self.kind, customerID: customerID, payload: JSONValue.object(members).description, runAt: moment,
            uniqueKey: "\(ticketID):\(key)")
    }

    init(ticketID: Int64, threshold: AlertThreshold, dueAt: Date, escalatedTo: Severity? = nil) {
        self.ticketID = ticketID
        self.threshold = threshold
        self.dueAt = dueAt
        self.escalatedTo = escalatedTo
    }

    init(payload: String) throws(PayloadError) {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: payload)
        } catch {
            throw PayloadError(field: "payload", problem: "\(error)")
        }
        guard let ticketID = value["ticketId"]?.integerValue else {
            throw PayloadError(field: "payload.ticketId", problem: "the id of a ticket in the ledger is expected")
        }
        do throws(AlertThresholdError) {
            threshold = try AlertThreshold(value["threshold"]?.stringValue ?? "")
        } catch {
            throw PayloadError(field: "payload.threshold", problem: "\(error)")
        }
        guard let dueAt = value["dueAt"]?.stringValue.flatMap({ JiraTimestamp.iso8601($0) }) else {
            throw PayloadError(field: "payload.dueAt", problem: "a time in ISO 8601 is expected")
        }
        self.ticketID = ticketID
        self.dueAt = dueAt
        escalatedTo = value["escalatedTo"]?.stringValue.flatMap(Severity.init(rawValue:))
    }
}
