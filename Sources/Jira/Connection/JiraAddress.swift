import HTTP

/// Where a Jira is, told from settings alone.
package struct JiraAddress: Sendable, Hashable {
    /// Root of the site or the gateway, without trailing slash.
    package var baseURL: String
    /// Root of the site as people see it.
    package var browseURL: String
    /// nil: only the server can tell.
    package var deployment: JiraConnection.Deployment?
    /// Plain HTTP is used, and may be.
    package var allowsPlainHTTP: Bool
    /// What was understood otherwise than written, each a sentence for the operator.
    package var notes: [String]
    package var settings: AddressSettings

    static let gatewayOrigin = "https://api.atlassian.com"
    static let gatewayPath = "/ex/jira/"

    package init(_ settings: JiraSettings) throws(JiraConfigurationError) {
        let type = try Self.deployment(settings.type)
        let baseURL = settings.baseURL?.trimmedOfSpace ?? ""
        let domain = settings.domain?.trimmedOfSpace ?? ""
        let setting = baseURL.isEmpty ? "JIRA_DOMAIN" : "JIRA_BASE_URL"
        let written = baseURL.isEmpty ? domain : baseURL
        guard !written.isEmpty else {
            throw JiraConfigurationError(
                setting: "JIRA_DOMAIN", problem: "is not set",
                remedy: "Set it to the host name of your Jira, for example acme.atlassian.net.")
        }
        var site = try SiteURL(written, setting: setting)
        try Self.checkScheme(site, settings, setting)
        try Self.checkIsWhole(site, type, settings, setting)
        allowsPlainHTTP = site.scheme == "http"
        self.settings = AddressSettings(site: setting)
        let isSpelledOut = site.hadScheme && setting == "JIRA_DOMAIN"

        if let gateway = Self.gateway(in: site) {
            self.baseURL = gateway
            self.settings.cloudID = setting
            browseURL = try Self.browseURL(behind: gateway, domain: setting == "JIRA_DOMAIN" ? "" : domain, settings)
            deployment = .cloud
            notes = []
            try Self.check(type, says: .cloud, of: site)
            return
        }

        let wholePath = site.path
        site.path = site.isAtlassianSite ? "" : Self.contextPath(of: site.path)
        let root = site.origin + site.path
        browseURL = root
        notes = []
        if isSpelledOut || site.path != wholePath || site.wasCut {
            notes.append(
                "\(setting) was given with more than \(setting == "JIRA_DOMAIN" ? "a host name" : "the root of Jira"); used: \(root)."
            )
        }
        if site.isAtlassianSite {
            try Self.check(type, says: .cloud, of: site)
            deployment = .cloud
        } else {
            deployment = type
        }

        let cloudID = settings.cloudID?.trimmedOfSpace ?? ""
        if cloudID.isEmpty {
            self.baseURL = root
        } else {
            self.baseURL = try Self.gateway(to: cloudID, site: site, type: type)
            deployment = .cloud
        }
    }

    private static func deployment(_ text: String?) throws(JiraConfigurationError) -> JiraConnection.Deployment? {
        switch text?.trimmedOfSpace.lowercased() ?? "" {
        case "": return nil
        case "cloud": return .cloud
        case "server", "datacenter", "data_center", "data-center", "dc": return .dataCenter
        default:
            throw JiraConfigurationError(
                setting: "JIRA_TYPE", problem: "is neither cloud nor server",
                remedy: "Set it to cloud or server, or leave it out: kushim-jira then finds out by itself.")
        }
    }

    private static func checkScheme(
        _ site: SiteURL, _ settings: JiraSettings, _ setting: String
    ) throws(JiraConfigurationError) {
        guard site.scheme == "http", !site.isLoopback else { return }
        if site.isAtlassianSite || !settings.allowsPlainHTTP {
            throw JiraConfigurationError(
                setting: setting, problem: "is a plain http:// address, over which the token could be read on the way",
                remedy: site.isAtlassianSite
                    ? "Write https:// instead."
                    : "Write https:// instead, or set jira.allow_http: true if the network is trusted.")
        }
    }

    /// `acme` where `acme.atlassian.net` is meant, the commonest slip; within a network, a bare name may be right.
    private static func checkIsWhole(
        _ site: SiteURL, _ type: JiraConnection.Deployment?, _ settings: JiraSettings, _ setting: String
    ) throws(JiraConfigurationError) {
        guard !site.host.contains("."), !site.host.hasPrefix("["), !site.isLoopback else { return }
        let hasCloudCredentials = settings.apiToken?.isEmpty == false && settings.personalAccessToken?.isEmpty != false
        if type == .cloud || type == nil && hasCloudCredentials {
            throw JiraConfigurationError(
                setting: setting, problem: "is \(site.host), which is not a whole host name",
                remedy: "If your site is \(site.host).atlassian.net, set it to that.")
        }
    }

    private static func check(
        _ type: JiraConnection.Deployment?, says deployment: JiraConnection.Deployment, of site: SiteURL
    ) throws(JiraConfigurationError) {
        if let type, type != deployment {
            throw JiraConfigurationError(
                setting: "JIRA_TYPE", problem: "says server, but \(site.host) is Jira Cloud",
                remedy: "Set JIRA_TYPE to cloud, or leave it out.")
        }
    }

    // MARK: The gateway

    /// `https://api.atlassian.com/ex/jira/{cloudId}` if that is what the URL names.
    private static func gateway(in site: SiteURL) -> String? {
        guard site.path.hasPrefix(gatewayPath),
            let id = site.path.dropFirst(gatewayPath.count).split(separator: "/").first
        else { return nil }
        return site.origin + gatewayPath + id
    }

    private static func gateway(
        to cloudID: String, site: SiteURL, type: JiraConnection.Deployment?
    ) throws(JiraConfigurationError) -> String {
        guard cloudID.utf8.allSatisfy({ isHexDigitOrHyphen($0) }) else {
            throw JiraConfigurationError(
                setting: "JIRA_CLOUD_ID", problem: "is not a cloud id (32 hexadecimal digits with hyphens)",
                remedy: "Read it from https://YOUR-SITE.atlassian.net/_edge/tenant_info.")
        }
        if site.isAtlassianSite || type == .cloud && !site.isLoopback {
            return gatewayOrigin + gatewayPath + cloudID
        }
        if site.isLoopback {  // a stand-in for Jira is its own gateway
            return site.origin + site.path + gatewayPath + cloudID
        }
        throw JiraConfigurationError(
            setting: "JIRA_CLOUD_ID", problem: "is set, but \(site.host) is not a Jira Cloud site",
            remedy: "Remove JIRA_CLOUD_ID for Data Center, or set JIRA_DOMAIN to your atlassian.net site.")
    }

    private static func isHexDigitOrHyphen(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte < 0x80 && Character(Unicode.Scalar(byte)).isHexDigit
    }

    private static func browseURL(
        behind gateway: String, domain: String, _ settings: JiraSettings
    ) throws(JiraConfigurationError) -> String {
        guard !domain.isEmpty else {
            throw JiraConfigurationError(
                setting: "JIRA_DOMAIN", problem: "does not name the site, only the gateway's address is known",
                remedy: "Set JIRA_DOMAIN to the site, for example acme.atlassian.net: links in messages need it.")
        }
        var site = try SiteURL(domain, setting: "JIRA_DOMAIN")
        try checkScheme(site, settings, "JIRA_DOMAIN")
        site.path = ""
        return site.origin
    }

    // MARK: The path

    /// The path under which Jira is installed: what stands before the first part that is one of Jira's own pages.
    private static func contextPath(of path: String) -> String {
        let pages: Set<Substring> = [
            "rest", "browse", "secure", "projects", "issues", "plugins", "servicedesk", "login.jsp", "login",
        ]
        let parts = path.split(separator: "/").prefix { !pages.contains($0) }
        return parts.isEmpty ? "" : "/" + parts.joined(separator: "/")
    }
}
