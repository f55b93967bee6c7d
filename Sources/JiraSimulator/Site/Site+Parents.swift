/// Which parent an issue may have: Cloud knows one field for every level, Data Center has `parent` for sub-tasks alone and
/// a custom field for the epic.
///
/// Sources: sub-tasks, https://developer.atlassian.com/server/jira/platform/jira-rest-api-examples/; Cloud's words and
/// `parentId`, answers to creates as bug reports quote them; Data Center's words, the same.
extension Site {
    /// Whether the field is on the create screen of the type.
    func isOffered(_ field: Field, for type: IssueType) -> Bool {
        switch field.kind {
        case .parent: mode == .cloud || type.isSubtask
        case .epicLink: mode == .dataCenter && type.level == 0
        default: true
        }
    }

    /// What is wrong, by the key under which Jira says it.
    func parentErrors(
        of draft: SimulatedIssue, named value: JSON?, _ wording: Wording
    ) -> [String: String] {
        guard let value, !value.isNull else {
            return draft.type.isSubtask ? ["issuetype": wording.parentRequired] : [:]
        }
        guard mode == .cloud || draft.type.isSubtask else {
            return ["issuetype": wording.parentOfNoSubtask(draft.type.id)]
        }
        guard let parent = draft.parentKey.flatMap({ issue(idOrKey: $0) }) else { return [:] }
        if draft.type.isSubtask, parent.projectKey != draft.projectKey { return ["pid": wording.parentElsewhere] }
        let fits = mode == .cloud ? parent.type.level == draft.type.level + 1 : !parent.type.isSubtask
        return fits ? [:] : ["parentId": wording.parentOfOtherLevel]
    }

    func checkedEpic(_ value: JSON, _ wording: Wording) throws(InvalidValue) -> JSON {
        guard let key = value.stringValue, let epic = issue(idOrKey: key), epic.type.level == 1 else {
            throw InvalidValue(wording.parentInvalid)
        }
        return .string(epic.key)
    }
}

extension IssueType {
    /// Its place in the hierarchy of Jira Software.
    fileprivate var level: Int { isSubtask ? -1 : name == "Epic" ? 1 : 0 }
}
