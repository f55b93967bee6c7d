import HTTP
import Logging

/// How servers are reached: by a proxy, and whose certificates are trusted. For Jira and for Slack.
struct NetworkSettings: Sendable {
    var proxy: HTTPProxy?
    /// A PEM file of authorities, beside the system's.
    var caFile: String?

    init(_ reader: inout SettingsReader) {
        let address = reader.secret("jira.proxy", variable: "HTTPS_PROXY")
        let exceptions = reader.optional("jira.no_proxy", variable: "NO_PROXY", .text)
        let environment = reader.sources.environment
        func ofEnvironment(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        // Both spellings are in use, the lower one for tools in the manner of curl.
        if let written = address?.reveal() ?? ofEnvironment("https_proxy") {
            do throws(HTTPProxy.Unusable) {
                proxy = try HTTPProxy(written, exceptions: exceptions ?? ofEnvironment("no_proxy"))
            } catch {
                reader.report(
                    "jira.proxy", error.problem,
                    remedy: "write it as http://proxy.example.com:3128, with user:password@ if need be")
            }
        }
        let own = reader.optional("jira.ca_file", variable: "JIRA_CA_FILE", .text)
        caFile = own ?? ofEnvironment("SSL_CERT_FILE")
        if let caFile { Self.check(caFile, isOwn: own != nil, &reader) }
    }

    private static func check(_ path: String, isOwn: Bool, _ reader: inout SettingsReader) {
        var problem: String?
        do throws(FileContents.Unreadable) {
            let text = String(decoding: try FileContents.read(path, limit: 16 << 20).bytes, as: UTF8.self)
            if !text.contains("-----BEGIN CERTIFICATE-----") { problem = "\(path) holds no certificate in PEM form" }
        } catch {
            problem = "cannot read \(path): \(error.reason)"
        }
        guard let problem else { return }
        // The other is the whole system's, perhaps meant for others.
        guard isOwn else { return reader.warn("SSL_CERT_FILE: \(problem)") }
        reader.report(
            "jira.ca_file", problem, remedy: "name the file with your authority's certificate, BEGIN CERTIFICATE")
    }
}

extension HTTPClient {
    convenience init(_ network: NetworkSettings, logger: Logger) {
        self.init(
            userAgent: "kushim-jira/\(BuildVersion.number)", caFile: network.caFile, proxy: network.proxy,
            logger: logger)
    }
}
