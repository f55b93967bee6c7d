import HTTP

/// Of two things that say the same, one decides: the other is told, since somebody may change it in vain.
extension JiraSettings {
    package var unusedAddress: String? {
        guard let baseURL = baseURL?.trimmedOfSpace, !baseURL.isEmpty, let domain = domain?.trimmedOfSpace,
            !domain.isEmpty,
            !baseURL.lowercased().contains(domain.lowercased())
        else { return nil }
        return "JIRA_BASE_URL is used (\(baseURL)), and JIRA_DOMAIN (\(domain)) is not; remove one of them"
    }

    /// - Parameter deployment: nil where the server is asked what kind it is.
    package func unusedCredentials(at deployment: JiraConnection.Deployment?) -> [String] {
        let given = [
            ("JIRA_API_TOKEN", apiToken), ("JIRA_PAT", personalAccessToken), ("JIRA_PASSWORD", password),
        ].filter { $0.1.map { !$0.isEmpty } ?? false }.map(\.0)
        guard given.count > 1 else { return [] }
        guard let deployment else {
            return [
                "\(given.joined(separator: " and ")) are given: which is used depends on what kind of Jira the server says that it is; "
                    + "set JIRA_TYPE, or keep one of them"
            ]
        }
        guard let credentials = try? credentials(for: deployment) else { return [] }
        let used =
            switch credentials {
            case .apiToken: "JIRA_API_TOKEN"
            case .personalAccessToken: "JIRA_PAT"
            case .basic: "JIRA_PASSWORD"
            }
        return given.filter { $0 != used }.map {
            "\(used) is used, and \($0) is not, since this Jira is \(deployment.name); remove it"
        }
    }
}
