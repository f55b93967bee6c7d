package import Postgres

/// Writes down what a person did by the command, where no job is concerned.
package struct RecordAdminAction: Statement {
    package static let sql = """
        INSERT INTO kushim_jira.audit_log (customer_id, action, issue_key, actor, detail) VALUES ($1, $2, $3, $4, '{}')
        """
    private let customerID: String
    private let action: String
    private let issueKey: String?
    private let actor: String

    /// - Parameter action: `admin.` and a word.
    package init(action: String, customerID: String, issueKey: String? = nil, actor: String) {
        self.action = action
        self.customerID = customerID
        self.issueKey = issueKey
        self.actor = actor
    }

    package var parameters: [any PostgresEncodable] { [customerID, action, issueKey, actor] }
}
