import Foundation
import Logging
import Testing

@testable import HTTP

@Suite(.enabled(if: OpenSSLServer.executable != nil, "needs the openssl command"))
struct ProxyTests {
    private static let secret = "Basic dG9wOnNlY3JldA=="

    private func client(_ proxy: ConnectProxy, caFile: String?, user: String = "", exceptions: String? = nil) throws
        -> HTTPClient
    {
        let address = proxy.url.replacing("http://", with: "http://\(user)")
        return HTTPClient(
            userAgent: "kushim-jira/test", caFile: caFile, proxy: try HTTPProxy(address, exceptions: exceptions),
            logger: Logger(label: "test"))
    }

    private var create: HTTPRequest {
        var request = post("https://jira.test/rest/api/2/issue", #"{"fields":{}}"#)
        request.authorization = Secret(Self.secret)
        return request
    }

    @Test func aRequestPassesTheProxyInsideTLSOnly() async throws {
        let server = try await OpenSSLServer("-quiet")
        defer { server.stop() }
        let proxy = try ConnectProxy(to: server.port)
        defer { proxy.stop() }
        let client = try client(proxy, caFile: server.caFile, user: "robot:p%40ss@")
        async let answer = client.send(create)
        var received = ""
        while !received.hasSuffix(#"{"fields":{}}"#) {
            received += String(decoding: server.fromClient.availableData, as: UTF8.self)
        }
        try server.toClient.write(
            contentsOf: Data("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}".utf8))
        let response = try await answer
        #expect(response.status == 201 && response.text == "{}")
        #expect(response.headers["X-Proxy"] == nil, "what the proxy says is no part of the answer")
        #expect(received.contains("Authorization: \(Self.secret)"))
        #expect(!received.contains("Proxy-Authorization"))
        let connect = try #require(proxy.requests.first)
        #expect(proxy.requests.count == 1 && connect.path == "jira.test:443")
        #expect(connect.header("Authorization") == nil)
        #expect(connect.header("Proxy-Authorization") == "Basic \(Data("robot:p@ss".utf8).base64EncodedString())")
        let seen = String(decoding: proxy.sent, as: UTF8.self)
        #expect(!seen.contains("dG9wOnNlY3JldA") && !seen.contains("/rest/api"))
        await client.shutDown()
    }

    @Test(arguments: [
        (ConnectProxy.Reaction.refuse("403 Forbidden"), HTTPError.Kind.proxyRefused(status: 403)),
        (.refuse("407 Proxy Authentication Required"), .proxyRefused(status: 407)),
        (.refuse("502 Bad Gateway"), .proxyRefused(status: 502)),
        (.refuse("429 Too Many Requests"), .proxyRefused(status: 429)),
        (.refuse("401 Unauthorized"), .proxyRefused(status: 401)), (.closeAtOnce, .cannotConnect),
        (.closeAfterPromise, .tls),
    ])
    func withoutATunnelNothingReachedTheServer(reaction: ConnectProxy.Reaction, kind: HTTPError.Kind) async throws {
        let server = try await OpenSSLServer("-quiet")
        defer { server.stop() }
        let proxy = try ConnectProxy(to: server.port, reaction)
        defer { proxy.stop() }
        let client = try client(proxy, caFile: server.caFile, user: "robot:hush-hush@")
        let error = try await failure(client, create)
        #expect(error.kind == kind, "\(error)")
        #expect(!error.requestMayHaveReachedServer)
        #expect(!error.message.contains("hush") && !error.message.contains("own words"))
        let remedy: String? =
            switch kind {
            case .proxyRefused(401), .proxyRefused(407): "HTTPS_PROXY or jira.proxy"
            case .proxyRefused(429): "limits"
            case .proxyRefused(502): "unavailable"
            case .proxyRefused: "NO_PROXY"
            default: nil
            }
        #expect(remedy.map(error.message.contains) ?? true, "\(error.message)")
        #expect(proxy.sent.isEmpty || kind == .tls)
        await client.shutDown()
    }

    @Test func aProxyThatIsNotThereIsNoDoubt() async throws {
        let proxy = try ConnectProxy(to: 1)
        proxy.stop()
        let error = try await failure(try client(proxy, caFile: nil), create)
        #expect(error.kind == .cannotConnect)
        #expect(!error.requestMayHaveReachedServer)
    }

    @Test func whatIsLostBehindTheTunnelIsInDoubtAndNotSentTwice() async throws {
        let server = try await OpenSSLServer("-quiet")
        defer { server.stop() }
        // More than a handshake, less than the request.
        let proxy = try ConnectProxy(to: server.port, .breakAfter(20_000))
        defer { proxy.stop() }
        let client = try client(proxy, caFile: server.caFile)
        var request = create
        request.body = [UInt8](repeating: 0x20, count: 1 << 20)
        let error = try await failure(client, request)
        #expect(error.requestMayHaveReachedServer, "\(error)")
        #expect(proxy.requests.count == 1)
        await client.shutDown()
    }

    @Test func whatIsExceptedOrPlainGoesPastTheProxy() async throws {
        let server = try await OpenSSLServer("-www")
        defer { server.stop() }
        let proxy = try ConnectProxy(to: server.port)
        defer { proxy.stop() }
        let client = try client(proxy, caFile: server.caFile, exceptions: "*.test, other.example:8443")
        let direct = try await client.send(HTTPRequest(method: .get, url: server.url + "/"))
        #expect(direct.status == 200)
        for url in ["https://jira.test/", "http://jira.example.invalid/", "https://a.other.example/"] {
            let error = try await failure(client, get(url))
            #expect(error.kind == .cannotResolve, "\(error)")
        }
        #expect(proxy.requests.isEmpty)
        await client.shutDown()
    }

    @Test(arguments: [
        ("proxy", "http://proxy:80"), ("http://proxy:3128", "http://proxy:3128"),
        ("https://p.acme.com/", "https://p.acme.com:443"),
        ("http://u:p@[::1]:8080", "http://[::1]:8080"), ("HTTP://10.0.0.1:8080", "http://10.0.0.1:8080"),
    ])
    func proxiesAreReadAsOthersReadThem(text: String, url: String) throws {
        #expect(try HTTPProxy(text, exceptions: nil).url == url)
    }

    @Test(arguments: [
        "socks5://proxy:1080", "http://", "http://:3128", "http://proxy:99999", "http://proxy:nan", "http://u:p@",
        "a b",
    ])
    func whatIsNoProxyIsRefusedWithoutItsPassword(text: String) {
        let error = #expect(throws: HTTPProxy.Unusable.self) { try HTTPProxy(text, exceptions: nil) }
        #expect(error?.problem.contains("u:p") == false)
    }

    @Test func authoritiesAreAddedToTheSystems() async throws {
        let server = try await OpenSSLServer("-www")
        defer { server.stop() }
        let own = try String(contentsOfFile: server.caFile, encoding: .utf8)
        let all = String(decoding: try #require(TrustedAuthorities.withSystems(server.caFile)), as: UTF8.self)
        #expect(all.hasSuffix(own))
        #expect(all.split(separator: "-----BEGIN CERTIFICATE-----").count > 20)
        #expect(TrustedAuthorities.withSystems("/nowhere/ca.pem") == nil)
    }
}
