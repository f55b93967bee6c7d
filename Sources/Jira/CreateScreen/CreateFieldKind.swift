/// What a field holds, by the schema that createmeta or a request form gives.
///
/// Source: https://developer.atlassian.com/server/jira/platform/jira-rest-api-examples/
/// ("Setting custom field data for other field types").
package enum CreateFieldKind: Sendable, Hashable {
    /// At most 255 characters.
    case line
    /// ADF on Cloud, wiki markup on Data Center.
    case richText
    case url
    case number
    case date
    case dateTime
    case option
    case options
    /// An option and another that belongs to it.
    case cascade
    case user
    case users
    case group
    case groups
    case labels
    /// A priority, component, version and the like: known by id and name.
    case named
    case severalNamed
    case project
    case issue
    /// Not known to us: a text is tried.
    case other

    init(id: String, type: String?, elementType: String?, custom: String?) {
        let custom = custom.flatMap { $0.split(separator: ":").last.map(String.init) }
        let isChoices = custom.map { ["multiselect", "multicheckboxes"].contains($0) } ?? false
        self =
            switch (type, elementType) {
            // By its id, whatever the schema says, which differs between Cloud and Data Center.
            case _ where custom == "gh-sprint": .number
            case ("string", _) where custom == "textarea" || ["description", "environment"].contains(id): .richText
            case ("string", _) where custom == "url": .url
            // Forms of a service desk call these texts.
            case ("string", _) where custom == "radiobuttons" || custom == "select": .option
            case ("string", _): .line
            case ("number", _): .number
            case ("date", _): .date
            case ("datetime", _): .dateTime
            case ("option", _): .option
            case ("option-with-child", _): .cascade
            case ("user", _): .user
            case ("group", _): .group
            case ("project", _): .project
            case ("issuelink", _): .issue
            case ("priority", _), ("component", _), ("version", _), ("resolution", _), ("securitylevel", _): .named
            case ("array", "string") where isChoices: .options
            case ("array", "string"): .labels
            case ("array", "option"): .options
            case ("array", "user"): .users
            case ("array", "group"): .groups
            case ("array", "component"), ("array", "version"): .severalNamed
            default: .other
            }
    }

    /// Whether it holds any number of values.
    package var isList: Bool {
        switch self {
        case .options, .users, .groups, .labels, .severalNamed: true
        default: false
        }
    }

    package var holdsPeople: Bool { self == .user || self == .users }
}
