import Foundation
import HTTP
import Logging
import Testing

func makeClient(
    connectTimeout: Duration = .seconds(10), maximumConnectionsPerHost: Int = 8, caFile: String? = nil
) -> HTTPClient {
    HTTPClient(
        userAgent: "kushim-jira/test", connectTimeout: connectTimeout,
        maximumConnectionsPerHost: maximumConnectionsPerHost, caFile: caFile, logger: Logger(label: "test"))
}

func get(_ url: String, timeout: Duration = .seconds(20)) -> HTTPRequest {
    HTTPRequest(method: .get, url: url, timeout: timeout, allowsPlainHTTP: true)
}

func post(_ url: String, _ body: String = "{}", timeout: Duration = .seconds(20)) -> HTTPRequest {
    HTTPRequest(
        method: .post, url: url, headers: ["Content-Type": "application/json"], body: Array(body.utf8),
        timeout: timeout, allowsPlainHTTP: true)
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// The error of a request that must fail.
func failure(_ client: HTTPClient, _ request: HTTPRequest) async throws -> HTTPError {
    let response: HTTPResponse
    do throws(HTTPError) {
        response = try await client.send(request)
    } catch {
        return error
    }
    throw Unexpected("answered with \(response.status)")
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits until a condition holds, for at most half a minute.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while await (try? condition()) != true {
        guard ContinuousClock.now < deadline else { throw Unexpected("never happened: \(what)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// 64 KiB of zeros in a hundred bytes.
let gzippedZeros: [UInt8] = Array(
    Data(
        base64Encoded:
            "H4sIAAAAAAACA+3BAQEAAACAkP6v7ggKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAauuOl9cAAAEA"
    ) ?? Data())
