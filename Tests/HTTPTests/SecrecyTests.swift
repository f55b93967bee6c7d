import Foundation
import Logging
import Synchronization
import Testing

@testable import HTTP

@Suite struct SecrecyTests {
    static let token = "Basic dG9wOnNlY3JldA=="

    private func everyPrint(of value: Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return "\(value) \(String(reflecting: value)) \(dumped) \(Mirror(reflecting: value).children.map { "\($0)" })"
    }

    @Test func aSecretPrintsAsDots() {
        let secret = Secret(Self.token)
        #expect("\(secret)" == "•••")
        #expect(!everyPrint(of: secret).contains("dG9w"))
        #expect(!everyPrint(of: [secret]).contains("dG9w"))
        #expect(!everyPrint(of: Optional(secret) as Any).contains("dG9w"))
        #expect(secret.reveal() == Self.token)
        #expect(Secret("").isEmpty)
    }

    @Test func aRequestPrintsNeitherCredentialsNorHeadersNorPathNorBody() {
        var request = HTTPRequest(
            method: .post, url: "https://hooks.example.com/services/T0/B0/hush?token=hush",
            headers: ["Cookie": "hush"], authorization: Secret("hush"), body: Array("hush".utf8))
        #expect(!everyPrint(of: request).contains("hush"))
        #expect("\(request)" == "POST https://hooks.example.com")
        request.url = "https://user:hush@example.com:8443/hush"
        #expect(!everyPrint(of: request).contains("hush"))
        #expect("\(request)" == "POST https://example.com:8443")
    }

    @Test func neitherErrorsNorLogsShowCredentialsOrPaths() async throws {
        let log = Log()
        let client = HTTPClient(userAgent: "test", logger: Logger(label: "test") { _ in LogRecorder(log: log) })
        try await withServer { connection in
            let request = try connection.readRequest()
            if request.path.contains("ok") { try connection.respond() }
        } _: { server in
            for path in ["/ok/hush", "/lost/hush"] {
                var request = get(server.url + path)
                request.authorization = Secret(Self.token)
                do throws(HTTPError) {
                    _ = try await client.send(request)
                } catch {
                    let printed = everyPrint(of: error)
                    #expect(!printed.contains("dG9w") && !printed.contains("hush"), "\(printed)")
                }
            }
            let printed = log.lines.withLock { $0 }
            #expect(printed.count == 2)
            #expect(!printed.joined().contains("dG9w") && !printed.joined().contains("hush"), "\(printed)")
        }
    }

    @Test func shouldLibcurlEverQuoteTheCredentialsTheyAreTakenOut() {
        var request = get("https://example.com/")
        request.authorization = Secret(Self.token)
        let error = HTTPError(
            kind: .other(1), about: request, "cannot send 'Authorization: \(Self.token)' (dG9wOnNlY3JldA==)",
            requestMayHaveReachedServer: true)
        #expect(error.message == "GET https://example.com: cannot send 'Authorization: Basic •••' (•••)")
    }
}

private final class Log: Sendable {
    let lines = Mutex<[String]>([])
}

private struct LogRecorder: LogHandler {
    let log: Log
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
        log.lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
}
