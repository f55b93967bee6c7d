package import FoundationEssentials
package import Jira

/// A control that failed: the payload of a `compliance_failure` job.
package struct ComplianceFailure: Sendable, Hashable {
    package static let kind = "compliance_failure"

    /// What is checked, such as `AWS_IAM_MFA` or `CC6.1`.
    package var controlID: String
    package var controlTitle: String
    package var severity: Severity
    package var failureReason: String
    package var framework: String?
    package var evidenceID: String?
    package var evidenceURL: String?
    /// Where the control looked: `AWS`, `GITHUB`, `OKTA` ...
    package var integration: String?
    package var detectedAt: Date?
    package var affectedSystems: [String]
    /// Narrows what counts as the same failure: an account, a repository.
    package var resource: String?
    package var checkID: String?

    /// The whole payload, what is named above and what only templates know; without what is null.
    package var payload: JSONObject
}

extension ComplianceFailure {
    /// Reads the payload of a job.
    ///
    /// Keys that are not known are kept for templates. Optional fields may be missing, null or empty. Lone surrogates and
    /// NUL become U+FFFD.
    package init(payload text: String) throws(PayloadError) {
        let reader = try PayloadReader(text)
        self.init(
            controlID: try reader.required("controlId"),
            controlTitle: try reader.required("controlTitle"),
            severity: try reader.severity("severity"),
            failureReason: try reader.required("failureReason"),
            framework: try reader.optional("framework"),
            evidenceID: try reader.optional("evidenceId"),
            evidenceURL: try reader.optional("evidenceUrl"),
            integration: try reader.optional("integration"),
            detectedAt: try reader.moment("detectedAt"),
            affectedSystems: try reader.strings("affectedSystems"),
            resource: try reader.optional("resource"),
            checkID: try reader.optional("checkId"),
            payload: reader.members.withoutNulls)
    }
}
