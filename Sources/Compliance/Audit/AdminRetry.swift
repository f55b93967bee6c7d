import Jira
package import Jobs

extension ClaimedJob {
    /// The record of a person's decision to run this job again.
    package func retriedByAdmin(actor: String) -> AuditRecord {
        AuditRecord(
            .adminRetry, controlID: try? JSONValue(parsing: payload)["controlId"]?.stringValue, actor: actor,
            detail: ["kind": .string(kind)])
    }
}
