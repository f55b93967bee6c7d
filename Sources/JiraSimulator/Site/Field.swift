/// A field of the create screen: what it is called and what it holds.
struct Field: Sendable {
    enum Kind: Sendable, Hashable {
        case summary
        case project
        case issueType
        case priority
        case components
        case parent
        case epicLink
        case text
        case richText
        case url
        case number
        case date
        case dateTime
        case option([String])
        case options([String])
        case cascade([String: [String]])
        case user
        case assignee
        case users
        case group
        case groups
        case labels
        case otherProject
        case version
        case versions
        case attachments
        case issueLinks
        /// Of a plugin, whose values only the plugin knows; what `schema` says of type and items.
        case plugin(type: String, items: String?)
    }

    var id: String
    var name: String
    var kind: Kind
    /// `schema.custom`, of Jira's own types the last part; nil for Jira's own fields.
    var custom: String?

    init(_ id: String, _ name: String, _ kind: Kind, custom: String? = nil) {
        self.id = id
        self.name = name
        self.kind = kind
        self.custom = custom
    }

    /// Jira's own fields and one custom field of each type.
    static let all: [Field] = [
        Field("summary", "Summary", .summary), Field("issuetype", "Issue Type", .issueType),
        Field("project", "Project", .project), Field("description", "Description", .richText),
        Field("environment", "Environment", .richText), Field("priority", "Priority", .priority),
        Field("labels", "Labels", .labels), Field("components", "Component/s", .components),
        Field("duedate", "Due date", .date), Field("assignee", "Assignee", .assignee),
        Field("reporter", "Reporter", .user), Field("parent", "Parent", .parent),
        Field("fixVersions", "Fix Version/s", .versions), Field("versions", "Affects Version/s", .versions),
        Field("customfield_10100", "Control", .text, custom: "textfield"),
        Field("customfield_10101", "Remediation notes", .richText, custom: "textarea"),
        Field("customfield_10102", "Evidence URL", .url, custom: "url"),
        Field("customfield_10103", "Risk score", .number, custom: "float"),
        Field("customfield_10104", "Review date", .date, custom: "datepicker"),
        Field("customfield_10105", "Detected at", .dateTime, custom: "datetime"),
        Field("customfield_10106", "Tier", .option(["Production", "Staging", "Development"]), custom: "select"),
        Field(
            "customfield_10107", "Frameworks", .options(["SOC 2", "ISO 27001", "HIPAA", "PCI DSS", "GDPR"]),
            custom: "multiselect"),
        Field("customfield_10108", "Attested", .option(["Yes", "No"]), custom: "radiobuttons"),
        Field(
            "customfield_10109", "Affected areas", .options(["Identity", "Network", "Storage", "Compute"]),
            custom: "multicheckboxes"),
        Field(
            "customfield_10110", "Region",
            .cascade(["AMER": ["us-east-1", "us-west-2"], "EMEA": ["eu-west-1", "eu-central-1"]]),
            custom: "cascadingselect"),
        Field("customfield_10111", "Control owner", .user, custom: "userpicker"),
        Field("customfield_10112", "Reviewers", .users, custom: "multiuserpicker"),
        Field("customfield_10113", "Owning team", .group, custom: "grouppicker"),
        Field("customfield_10114", "Informed teams", .groups, custom: "multigrouppicker"),
        Field("customfield_10115", "Tags", .labels, custom: "labels"),
        Field("customfield_10116", "Related project", .otherProject, custom: "project"),
        Field("customfield_10117", "Found in version", .version, custom: "version"),
        Field("customfield_10118", "Verified in versions", .versions, custom: "multiversion"),
        Field("customfield_10119", "Epic Link", .epicLink, custom: "com.pyxis.greenhopper.jira:gh-epic-link"),
        Field("attachment", "Attachment", .attachments), Field("issuelinks", "Linked Issues", .issueLinks),
        Field(
            "customfield_10120", "Sprint", .plugin(type: "array", items: "string"),
            custom: "com.pyxis.greenhopper.jira:gh-sprint"),
        Field(
            "customfield_10121", "Rank", .plugin(type: "any", items: nil),
            custom: "com.pyxis.greenhopper.jira:gh-lexo-rank"),
        Field(
            "customfield_10122", "Development", .plugin(type: "any", items: nil),
            custom: "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummarycf"),
        Field(
            "customfield_10123", "Relations", .plugin(type: "issuelinks", items: nil),
            custom: "com.onresolve.jira.groovy.groovyrunner:scripted-field"),
    ]

    static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

    /// Ids of those that Jira fills in where nothing is sent.
    static let withDefault: Set = ["reporter", "priority"]

    static let groups = ["jira-developers", "jira-administrators", "cloud-team", "security-team"]

    /// The id of an option: stable, and different for each field and value.
    func optionID(_ value: String) -> String {
        let values: [String] =
            switch kind {
            case .option(let values), .options(let values): values
            case .cascade(let tree): tree.keys.sorted().flatMap { [$0] + (tree[$0] ?? []) }
            default: []
            }
        let field = Int(id.drop { !$0.isNumber }) ?? 0
        return "\(field * 100 + (values.firstIndex(of: value) ?? 99))"
    }

    /// `schema` of createmeta and of the field list.
    var schema: JSON {
        var schema: [String: JSON] = [:]
        let (type, items): (String, String?) =
            switch kind {
            case .summary, .text, .richText, .url: ("string", nil)
            case .project, .otherProject: ("project", nil)
            case .issueType: ("issuetype", nil)
            case .priority: ("priority", nil)
            case .components: ("array", "component")
            case .parent: ("issuelink", nil)
            case .epicLink: ("any", nil)
            case .number: ("number", nil)
            case .date: ("date", nil)
            case .dateTime: ("datetime", nil)
            case .option: ("option", nil)
            case .options: ("array", "option")
            case .cascade: ("option-with-child", nil)
            case .user, .assignee: ("user", nil)
            case .users: ("array", "user")
            case .group: ("group", nil)
            case .groups: ("array", "group")
            case .labels: ("array", "string")
            case .version: ("version", nil)
            case .versions: ("array", "version")
            case .attachments: ("array", "attachment")
            case .issueLinks: ("array", "issuelinks")
            case .plugin(let type, let items): (type, items)
            }
        schema["type"] = .string(type)
        if let items { schema["items"] = .string(items) }
        if let custom {
            let package = custom.contains(":") ? "" : "com.atlassian.jira.plugin.system.customfieldtypes:"
            schema["custom"] = .string(package + custom)
            schema["customId"] = JSON(Int(id.drop { !$0.isNumber }) ?? 0)
        } else {
            schema["system"] = .string(id)
        }
        return .object(schema)
    }

    /// As createmeta lists them; none is no sign that the field cannot be sent.
    var operations: [String] {
        switch kind {
        case .components, .options, .users, .groups, .labels, .versions: ["add", "set", "remove"]
        case .issueLinks: ["add"]
        case .issueType, .attachments: []
        default: ["set"]
        }
    }
}
