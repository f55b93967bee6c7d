import Foundation
import HTTP
import Testing

@Suite(.enabled(if: OpenSSLServer.executable != nil, "needs the openssl command"))
struct TLSTests {
    @Test func aCertificateOfNobodyWeTrustIsRefusedBeforeAnythingIsSent() async throws {
        let server = try await OpenSSLServer("-www")
        defer { server.stop() }
        let error = try await failure(makeClient(), post(server.url))
        #expect(error.kind == .tls)
        #expect(!error.requestMayHaveReachedServer)
        #expect(error.message.contains("self-signed") || error.message.contains("self signed"))
        #expect(error.message.contains("CA file"))
    }

    @Test func aCertificateOfTheConfiguredAuthorityIsTrusted() async throws {
        let server = try await OpenSSLServer("-www")
        defer { server.stop() }
        let response = try await makeClient(caFile: server.caFile).send(
            HTTPRequest(method: .get, url: server.url + "/"))
        #expect(response.status == 200)
    }

    @Test func aCertificateForAnotherNameIsRefused() async throws {
        let server = try await OpenSSLServer("-www")
        defer { server.stop() }
        let error = try await failure(
            makeClient(caFile: server.caFile), post("https://other.localhost:\(server.port)/"))
        #expect(error.kind == .tls)
        #expect(!error.requestMayHaveReachedServer)
    }

    @Test func oldTLSIsRefused() async throws {
        let server = try await OpenSSLServer("-www", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        defer { server.stop() }
        let error = try await failure(makeClient(caFile: server.caFile), post(server.url))
        #expect(error.kind == .tls)
        #expect(!error.requestMayHaveReachedServer)
    }

    @Test func aCAFileThatDoesNotExistIsNamed() async throws {
        let server = try await OpenSSLServer("-www")
        defer { server.stop() }
        let error = try await failure(makeClient(caFile: "/nowhere/ca.pem"), post(server.url))
        #expect(error.kind == .tls)
        #expect(!error.requestMayHaveReachedServer)
        #expect(error.message.contains("/nowhere/ca.pem"))
    }

    // MARK: HTTP/2

    private func withHTTP2(
        _ reactions: [HTTP2Script.Reaction], _ body: (HTTPClient, String, HTTP2Script) async throws -> Void
    ) async throws {
        let server = try await OpenSSLServer("-alpn", "h2", "-quiet")
        defer { server.stop() }
        let client = makeClient(caFile: server.caFile)
        try await body(client, server.url, HTTP2Script(server, reactions))
        await client.shutDown()
    }

    @Test func http2IsSpokenAndItsConnectionsAreReused() async throws {
        try await withHTTP2([]) { client, url, script in
            for _ in 0..<20 {
                let status = try await client.send(get(url)).status
                #expect(status == 200)
            }
            #expect(script.requestCount == 20)
            #expect(script.connectionCount == 1)
        }
    }

    /// libcurl repeats this by itself, reused connection or not: the danger is real.
    @Test func aRefusedStreamIsRepeatedWhereItMayBe() async throws {
        try await withHTTP2([.refuseStream]) { client, url, script in
            let status = try await client.send(get(url)).status
            #expect(status == 200)
            #expect(script.requestCount == 2)
        }
    }

    @Test(arguments: [HTTP2Script.Reaction.refuseStream, .goAway, .breakStream], [true, false])
    func aRequestWithAnEffectIsSentOnOneStreamOnly(reaction: HTTP2Script.Reaction, isReused: Bool) async throws {
        try await withHTTP2(isReused ? [.answer200, reaction] : [reaction]) { client, url, script in
            if isReused { _ = try await client.send(get(url)) }
            var request = get(url)
            request.mustNotBeRepeated = true
            request.headers = ["X-Large": String(repeating: "x", count: 1000)]
            let error = try await failure(client, request)
            #expect(error.kind == .connectionLost, "\(error)")
            #expect(error.requestMayHaveReachedServer)
            // Whatever else was sent came before the next answer.
            try await eventually("the server answers again") {
                try await client.send(get(url, timeout: .seconds(2))).status == 200
            }
            #expect(script.largeRequestCount == 1)
        }
    }
}
