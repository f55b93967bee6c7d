/// The section `tickets` of the settings: which failures become tickets and how these look.
///
/// Decoding takes the default of every key that is missing or null. Keys it does not know are left to whoever read the
/// file; `CodingKeys` names those it does.
package struct TicketSettings: Sendable, Hashable {
    /// The key of the project; nil where only rules name one.
    package var project: String?
    package var issueType = "Task"
    /// Of Jira Service Management, by name or id: makes requests that the portal shows, instead of issues of a type.
    package var requestType: String?
    package var minimumSeverity = Severity.medium
    package var summary = "[{controlId}] {controlTitle} - Compliance Failure"
    package var description = TicketSettings.guidesDescription
    package var labels = ["compliance", "soc2"]
    /// Adds `aws`, `github`, `okta` ...
    package var labelIntegration = true
    /// Names of Jira's priorities. An empty name sends none.
    package var priorities: [Severity: String] = [
        .critical: "Highest", .high: "High", .medium: "Medium", .low: "Low",
    ]
    package var components: [String] = []
    /// An e-mail address, an account id (Cloud) or a user name (Data Center).
    package var assignee: String?
    /// By the id of the field: `customfield_10001`.
    package var fields: [String: FieldSetting] = [:]
    /// Ids of controls, or globs.
    package var disabledControls: [Glob] = []
    /// The first one that matches decides.
    package var rules: [TicketRule] = []
    package var deduplication = Deduplication()
    /// Resolutions that accept the risk: a ticket closed so keeps new ones away for `quietFor`.
    package var acceptedResolutions: [String] = []
    package var quietFor = Span.days(90)
    /// How many tickets a customer gets in an hour at most; nil for any number.
    package var perHour: Int?
    /// The key of an epic or parent issue.
    package var parent: String?

    package init() {
    }

    /// What a failure does whose ticket is still open.
    package struct Deduplication: Sendable, Hashable {
        package enum Comment: String, Sendable, Hashable, Codable {
            case never, daily, always
        }

        package var enabled = true
        /// For how long after a ticket was done a failure still belongs to it.
        package var window = Span.hours(24)
        package var comment = Comment.never

        package init() {
        }
    }
}

// MARK: - Codable

extension TicketSettings: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case project
        case issueType = "issue_type"
        case requestType = "request_type"
        case minimumSeverity = "minimum_severity"
        case summary, description, labels
        case labelIntegration = "label_integration"
        case priorities, components, assignee, fields
        case disabledControls = "disabled_controls"
        case rules, deduplication
        case acceptedResolutions = "accepted_resolutions"
        case quietFor = "quiet_for"
        case perHour = "per_hour"
        case parent
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try container.takeName(.project, &project)
        var name: String?
        try container.takeName(.issueType, &name)
        issueType = name ?? issueType
        try container.take(.requestType, &requestType)
        try container.take(.minimumSeverity, &minimumSeverity)
        try container.take(.summary, &summary)
        try container.take(.description, &description)
        try container.take(.labels, &labels)
        try container.take(.labelIntegration, &labelIntegration)
        try container.take(.priorities, &priorities)
        try container.take(.components, &components)
        try container.take(.assignee, &assignee)
        try container.take(.fields, &fields)
        // One that holds nothing, such as null, is as if it were absent.
        fields = fields.filter { !$0.value.holdsNothing }
        try container.take(.disabledControls, &disabledControls)
        try container.take(.rules, &rules)
        try container.take(.deduplication, &deduplication)
        try container.take(.acceptedResolutions, &acceptedResolutions)
        try container.take(.quietFor, &quietFor)
        try container.take(.perHour, &perHour)
        try container.take(.parent, &parent)
    }
}

extension TicketSettings.Deduplication: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case enabled, window, comment
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try container.take(.enabled, &enabled)
        try container.take(.window, &window)
        try container.take(.comment, &comment)
    }
}
