package import FoundationEssentials
package import Jira

/// A control that passed: the payload of a `compliance_pass` job.
package struct CompliancePass: Sendable, Hashable {
    package static let kind = "compliance_pass"

    package var controlID: String
    /// As in the failure that it answers.
    package var resource: String?
    package var evidenceID: String?
    package var detectedAt: Date?
    /// What to tell the people at the ticket.
    package var message: String?

    /// The whole payload, without what is null.
    package var payload: JSONObject
}

extension CompliancePass {
    /// Reads the payload of a job, as `ComplianceFailure` does.
    package init(payload text: String) throws(PayloadError) {
        let reader = try PayloadReader(text)
        self.init(
            controlID: try reader.required("controlId"),
            resource: try reader.optional("resource"),
            evidenceID: try reader.optional("evidenceId"),
            detectedAt: try reader.moment("detectedAt"),
            message: try reader.optional("message"),
            payload: reader.members.withoutNulls)
    }
}
