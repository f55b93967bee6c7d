import Foundation
import HTTP
import Testing

@Suite struct ExchangeTests {
    let client = makeClient()

    @Test func aGetCarriesItsHeadersAndComesBackWithStatusHeadersAndBody() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.respond("201 Created", #"{"key":"K-1"}"#, headers: ["X-Trace: a", "x-trace: b"])
        } _: { server in
            var request = get(server.url + "/rest/api/3/myself?a=1")
            request.headers = ["X-Empty": "", "Accept": "application/json"]
            request.authorization = Secret("Basic c2VjcmV0")
            let response = try await client.send(request)

            #expect(response.status == 201)
            #expect(response.text == #"{"key":"K-1"}"#)
            #expect(response.headers["X-TRACE"] == "a")
            #expect(response.headers.all(named: "X-Trace") == ["a", "b"])
            #expect(response.duration > .zero)
            let received = try #require(server.requests.first)
            #expect(received.method == "GET")
            #expect(received.path == "/rest/api/3/myself?a=1")
            #expect(received.header("User-Agent") == "kushim-jira/test")
            #expect(received.header("Authorization") == "Basic c2VjcmV0")
            #expect(received.header("Accept") == "application/json")
            #expect(received.header("X-Empty") == "")
            #expect(received.header("Accept-Encoding")?.contains("gzip") == true)
        }
    }

    @Test func aPostArrivesWholeAndWithoutExpectingAContinue() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.respond()
        } _: { server in
            let body = String(repeating: "kushim ", count: 300_000)
            _ = try await client.send(post(server.url + "/", body))
            let received = try #require(server.requests.first)
            #expect(received.body == Array(body.utf8))
            #expect(received.header("Content-Type") == "application/json")
            #expect(received.header("Expect") == nil)
        }
    }

    @Test(arguments: ["429 Too Many Requests", "401 Unauthorized", "201 Created"])
    func anAnswerBeforeTheWholeBodyWasSentIsRead(status: String) async throws {
        try await withServer { connection in
            _ = try connection.readBytes(10)
            try connection.respond(status, "early", headers: ["Retry-After: 7"])
            try connection.waitForClientToLeave()
        } _: { server in
            let response = try await client.send(post(server.url, String(repeating: "x", count: 8 << 20)))
            #expect(response.status == Int(status.prefix(3)))
            #expect(response.headers["Retry-After"] == "7")
            #expect(response.text == "early")
        }
    }

    @Test func aPostWithoutABodyOrContentTypeSendsNeither() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.respond()
        } _: { server in
            _ = try await client.send(
                HTTPRequest(method: .post, url: server.url, allowsPlainHTTP: true))
            let received = try #require(server.requests.first)
            #expect(received.header("Content-Length") == "0")
            #expect(received.header("Content-Type") == nil)
        }
    }

    @Test func bytesOfABodyAreSentAsTheyAre() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.respond()
        } _: { server in
            var request = post(server.url)
            request.body = [0, 1, 0, 255, 13, 10]
            _ = try await client.send(request)
            #expect(server.requests.first?.body == [0, 1, 0, 255, 13, 10])
        }
    }

    @Test func onlyTheFinalAnswersHeadersCount() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.send("HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n")
            try connection.send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
            try connection.respond("200 OK", "done", headers: ["X-Final: yes"])
        } _: { server in
            let response = try await client.send(get(server.url))
            #expect(response.status == 200)
            #expect(response.headers["X-Final"] == "yes")
            #expect(response.headers["X-Early"] == nil)
            #expect(response.headers["Link"] == nil)
        }
    }

    @Test func chunksAreJoinedAndTrailersAreNotHeaders() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Head: 1\r\n\r\n")
            try connection.send("5\r\nhello\r\n")
            try connection.send("6\r\n world\r\n0\r\nX-Head: forged\r\nRetry-After: 1\r\n\r\n")
        } _: { server in
            let response = try await client.send(get(server.url))
            #expect(response.text == "hello world")
            #expect(response.headers.all(named: "X-Head") == ["1"])
            #expect(response.headers["Retry-After"] == nil)
        }
    }

    @Test func aCompressedBodyIsDecompressed() async throws {
        try await withServer { connection in
            try connection.readRequest()
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(gzippedZeros.count)\r\n\r\n")
            try connection.send(gzippedZeros)
        } _: { server in
            let response = try await client.send(get(server.url))
            #expect(response.body == [UInt8](repeating: 0, count: 65536))
        }
    }

    @Test(arguments: ["301 Moved", "302 Found", "307 Temporary Redirect"])
    func aRedirectIsAnAnswerAndIsNotFollowed(status: String) async throws {
        try await withServer { connection in
            let request = try connection.readRequest()
            try connection.respond(status, "", headers: ["Location: http://127.0.0.1/elsewhere\(request.path)"])
        } _: { server in
            var request = get(server.url)
            request.authorization = Secret("Bearer abcdefghijkl")
            let response = try await client.send(request)
            #expect(response.status == Int(status.prefix(3)))
            #expect(response.headers["Location"] != nil)
            #expect(server.requests.count == 1)
        }
    }

    @Test func aConnectionIsReused() async throws {
        try await withServer { connection in
            while true {
                let request = try connection.readRequest()
                try connection.respond("200 OK", request.path)
            }
        } _: { server in
            for number in 0..<20 {
                let request =
                    number.isMultiple(of: 2) ? get(server.url + "/\(number)") : post(server.url + "/\(number)")
                let response = try await client.send(request)
                #expect(response.text == "/\(number)")
            }
            // One, unless the machine is so slow that the connection was idle for too long to be trusted with an effect.
            #expect(server.connectionCount < 10)
        }
    }

    @Test func manyAtOnceEachGetTheirOwnAnswer() async throws {
        try await withServer { connection in
            while true {
                let request = try connection.readRequest()
                try connection.respond("200 OK", request.path)
            }
        } _: { server in
            try await withThrowingTaskGroup { group in
                for number in 0..<300 {
                    group.addTask {
                        let response = try await client.send(
                            number.isMultiple(of: 2) ? get(server.url + "/\(number)") : post(server.url + "/\(number)"))
                        #expect(response.text == "/\(number)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(server.requests.count == 300)
            #expect(server.connectionCount < 50)  // 8 at a time; libcurl may replace one
        }
    }

}
