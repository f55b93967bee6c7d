import Jira
import Jobs

/// The payload of a `notification` job. Whom it goes to is decided when it is sent: a webhook's URL is a secret and stands in
/// no job.
struct SLANotification: Sendable {
    static let kind = "notification"

    var alert: SLAAlert

    init(_ alert: SLAAlert) {
        self.alert = alert
    }

    init(payload: String) throws(PayloadError) {
        alert = try SLAAlert(payload: payload)
    }

    func job(customerID: String) -> NewJob {
        let payload: JSONValue = .object(alert.members.merging(["about": "sla"]) { _, new in new })
        return NewJob(
            kind: Self.kind, customerID: customerID, payload: payload.description,
            uniqueKey: "sla:\(alert.ticketID):\(alert.key)")
    }
}
