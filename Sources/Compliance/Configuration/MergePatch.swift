import Jira

extension JSONValue {
    /// This value changed by a merge patch: members of the patch replace, null removes, objects merge.
    /// Source: RFC 7396, section 2.
    func merged(with patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var members = objectValue ?? [:]
        for (name, change) in changes {
            if change.isNull {
                members[name] = nil
            } else {
                members[name] = (members[name] ?? .null).merged(with: change)
            }
        }
        return .object(members)
    }
}
