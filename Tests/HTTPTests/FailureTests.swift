import Foundation
import HTTP
import Testing

/// Why there is no answer, and whether the server may have acted on the request all the same.
@Suite struct FailureTests {
    let client = makeClient()

    // MARK: Nothing was sent

    @Test(arguments: [
        "", "example.com/path", "ftp://127.0.0.1/", "file:///etc/passwd", "https://", "https:///path",
        "https://user:pass@127.0.0.1/", "https://127.0.0.1/a b", "https://127.0.0.1/\r\nX: y", "https://127.0.0.1/ü",
        "https://127.0.0.1:99999/", "https://[::1/", "http:/127.0.0.1",
    ])
    func aURLThatIsNotOneIsRefused(url: String) async throws {
        let error = try await failure(client, get(url))
        #expect(error.kind == .invalidURL)
        #expect(!error.requestMayHaveReachedServer)
    }

    @Test func plainHTTPNeedsPermission() async throws {
        try await withServer {
            try $0.readRequest()
        } _: { server in
            let error = try await failure(client, HTTPRequest(method: .get, url: server.url))
            #expect(error.kind == .invalidURL)
            #expect(!error.requestMayHaveReachedServer)
            #expect(error.message.contains("plain http is not allowed"))
            #expect(server.connectionCount == 0)
        }
    }

    @Test(arguments: [
        ("X-Bad", "a\r\nX-Injected: b"), ("X-Bad", "a\nb"), ("X-Bad", "a\0b"), ("X Bad", "a"), ("", "a"),
        ("X:Bad", "a"),
    ])
    func aHeaderCannotSmuggleAnother(name: String, value: String) async throws {
        try await withServer {
            try $0.readRequest()
        } _: { server in
            var request = get(server.url)
            request.headers.append(name, value)
            let error = try await failure(client, request)
            #expect(error.kind == .invalidRequest)
            #expect(!error.requestMayHaveReachedServer)
            #expect(server.connectionCount == 0)
        }
    }

    @Test func credentialsWithALineBreakAreRefusedAndNotShown() async throws {
        var request = get("http://127.0.0.1:1/")
        request.authorization = Secret("Bearer topsecret\n")
        let error = try await failure(client, request)
        #expect(error.kind == .invalidRequest)
        #expect(!error.requestMayHaveReachedServer)
        #expect(error.message.contains("line break"))
        #expect(!error.message.contains("topsecret"))
    }

    @Test func aHostThatDoesNotResolve() async throws {
        // A label of more than 63 characters fails in the resolver itself: no query leaves this machine.
        let error = try await failure(client, post("http://\(String(repeating: "a", count: 70)).invalid/"))
        #expect(error.kind == .cannotResolve)
        #expect(!error.requestMayHaveReachedServer)
    }

    @Test func aPortWhereNobodyListens() async throws {
        let server = try ScriptedServer(isDeaf: true) { _ in }
        defer { server.stop() }
        let error = try await failure(client, post(server.url))
        #expect(error.kind == .cannotConnect)
        #expect(!error.requestMayHaveReachedServer)
        #expect(error.message.contains("127.0.0.1"))
    }

    @Test func aServerThatDoesNotSpeakTLS() async throws {
        try await withServer { connection in
            _ = try connection.readBytes(1)
            try connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
        } _: { server in
            let error = try await failure(client, post("https://127.0.0.1:\(server.port)/"))
            #expect(error.kind == .tls)
            #expect(!error.requestMayHaveReachedServer)
        }
    }

    @Test func aTimeoutInTheTLSHandshake() async throws {
        try await withServer {
            try $0.waitForClientToLeave()
        } _: { server in
            let error = try await failure(
                client, post("https://127.0.0.1:\(server.port)/", timeout: .milliseconds(200)))
            #expect(error.kind == .timedOut)
            #expect(!error.requestMayHaveReachedServer)
        }
    }

    @Test func theConnectTimeoutCountsTheHandshake() async throws {
        let impatient = makeClient(connectTimeout: .milliseconds(200))
        try await withServer {
            try $0.waitForClientToLeave()
        } _: { server in
            let error = try await failure(impatient, post("https://127.0.0.1:\(server.port)/"))
            #expect(error.kind == .timedOut)
            #expect(!error.requestMayHaveReachedServer)
        }
    }

    @Test func aTimeoutWhileWaitingForAFreeConnection() async throws {
        let narrow = makeClient(maximumConnectionsPerHost: 1)
        try await withServer { connection in
            try connection.readRequest()
            try connection.waitForClientToLeave()
        } _: { server in
            try await withThrowingTaskGroup { group in
                group.addTask { _ = try? await narrow.send(get(server.url + "/first")) }
                try await eventually("the first request arrives") { server.deliveries(of: "/first") == 1 }
                let error = try await failure(narrow, post(server.url + "/second", timeout: .milliseconds(200)))
                #expect(error.kind == .timedOut)
                #expect(!error.requestMayHaveReachedServer)
                #expect(server.deliveries(of: "/second") == 0)
                group.cancelAll()
            }
        }
    }

    // MARK: It may have arrived

    /// Times out with ever more patience, until the server has seen of the request what the test is about. However the
    /// machine is loaded: what the server has seen was never reported as surely unsent.
    private func timeOut(
        _ server: ScriptedServer, body: String = "{}", until seen: (ScriptedServer) -> Int
    ) async throws {
        var patience = Duration.milliseconds(100)
        var admitted = 0
        while seen(server) == 0 {
            let error = try await failure(client, post(server.url, body, timeout: patience))
            #expect(error.kind == .timedOut)
            admitted += error.requestMayHaveReachedServer ? 1 : 0
            patience *= 2
        }
        #expect(admitted >= seen(server))
    }

    @Test func aTimeoutAfterTheRequest() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.waitForClientToLeave()
        } _: { server in
            try await timeOut(server) { $0.requests.count }
        }
    }

    @Test func aTimeoutInTheMiddleOfTheRequest() async throws {
        try await withServer { connection in
            _ = try connection.readBytes(10)
            connection.markAsSeen()
            connection.waitForInterrupt()
        } _: { server in
            let body = String(repeating: "x", count: 8 << 20)
            try await timeOut(server, body: body) { $0.connections.count { $0.isSeen } }
        }
    }

    @Test func aTimeoutInTheMiddleOfTheAnswer() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.send("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
            connection.markAsSeen()
            try connection.waitForClientToLeave()
        } _: { server in
            try await timeOut(server) { $0.connections.count { $0.isSeen } }
        }
    }

    static let brokenAnswers: [(String, HTTPError.Kind, String, Bool)] = [
        ("nothing", .connectionLost, "", false),
        ("nothing, with a reset", .connectionLost, "", true),
        ("half a status line", .connectionLost, "HTTP/1.1 20", false),
        ("half a body", .truncatedBody, "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"key\":", false),
        ("half a body, with a reset", .connectionLost, "HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{", true),
        ("half a chunk", .truncatedBody, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{\"k", false),
        (
            "no last chunk", .truncatedBody, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
            false
        ),
        ("garbage", .connectionLost, "\u{1}\u{2}this is not HTTP at all\r\n\r\n", false),
        ("another protocol", .connectionLost, "SSH-2.0-OpenSSH_9.2\r\n", false),
    ]

    @Test(arguments: brokenAnswers)
    func anAnswerThatBreaksOff(name: String, kind: HTTPError.Kind, bytes: String, withReset: Bool) async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.send(bytes)
            if withReset { connection.reset() }
        } _: { server in
            let error = try await failure(client, post(server.url))
            if !withReset { #expect(error.kind == kind, "\(name): \(error)") }
            #expect(error.requestMayHaveReachedServer, "\(name): \(error)")
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
    ])
    func aBodyWithoutEndIsGivenUp(head: String) async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.send(head)
            while true { try connection.send([UInt8](repeating: 65, count: 16384)) }
        } _: { server in
            var request = post(server.url)
            request.maximumResponseBytes = 100_000
            let error = try await failure(client, request)
            #expect(error.kind == .responseTooLarge)
            #expect(error.requestMayHaveReachedServer)
            #expect(error.message.contains("100000 bytes"))
            try await eventually("the connection is dropped") { server.connection(0)?.clientHasLeft == true }
        }
    }

    @Test func aSmallBodyThatUnpacksToALargeOneIsGivenUp() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(gzippedZeros.count)\r\n\r\n")
            try connection.send(gzippedZeros)
        } _: { server in
            var request = get(server.url)
            request.maximumResponseBytes = 65535
            let error = try await failure(client, request)
            #expect(error.kind == .responseTooLarge)
            request.maximumResponseBytes = 65536
            let response = try await client.send(request)
            #expect(response.body.count == 65536)
        }
    }

    @Test func headersWithoutEndAreGivenUp() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\n")
            while true { try connection.send("X-Filler: \(String(repeating: "x", count: 1000))\r\n") }
        } _: { server in
            let error = try await failure(client, post(server.url))
            #expect(error.kind == .responseTooLarge)
            #expect(error.requestMayHaveReachedServer)
        }
    }

    @Test func oneFailureDoesNotHarmTheOthers() async throws {
        try await withServer { connection in
            while true {
                let request = try connection.readRequest()
                if request.path.hasPrefix("/bad") { return }
                try connection.respond("200 OK", request.path)
            }
        } _: { server in
            try await withThrowingTaskGroup { group in
                for number in 0..<100 {
                    group.addTask {
                        if number.isMultiple(of: 3) {
                            let error = try await failure(client, post(server.url + "/bad/\(number)"))
                            #expect(error.requestMayHaveReachedServer)
                        } else {
                            let response = try await client.send(get(server.url + "/\(number)"))
                            #expect(response.text == "/\(number)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
