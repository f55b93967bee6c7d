import Foundation
import FoundationNetworking
import Logging
import ServiceLifecycle
import Testing

@testable import Daemon

/// Health, readiness and metrics over real HTTP.
@Suite struct HTTPListenerTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func serving(
        _ readiness: Readiness, host: String = "127.0.0.1",
        _ body: @Sendable @escaping (_ port: Int) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let routes = OperationsRoutes(readiness: { readiness }, metrics: { "up 1\n" })
        let listener = HTTPListener(.address(host: host, port: 0), router: routes.router(), logger: quiet) {
            continuation.yield($0)
        }
        try await withThrowingTaskGroup { group in
            group.addTask { try await listener.run() }
            group.addTask {
                for await port in ports { return try await body(port) }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func fetch(
        _ path: String, port: Int, method: String = "GET", accept: String = "*/*"
    ) async throws -> (status: Int, type: String, body: String) {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        request.setValue(accept, forHTTPHeaderField: "Accept")
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        return (
            http.statusCode, http.value(forHTTPHeaderField: "Content-Type") ?? "", String(decoding: data, as: UTF8.self)
        )
    }

    @Test func aHealthyDaemonSaysSo() async throws {
        try await serving(Readiness(checks: [.init(name: "database"), .init(name: "schema")])) { port in
            #expect(try await fetch("/healthz", port: port).body == "ok\n")
            let ready = try await fetch("/readyz", port: port)
            #expect(ready.status == 200)
            #expect(ready.body == "ready\ndatabase: ok\nschema: ok\n")
            let metrics = try await fetch("/metrics", port: port)
            #expect(metrics.type == "text/plain; version=0.0.4; charset=utf-8")
            #expect(metrics.body == "up 1\n")
            let head = try await fetch("/healthz", port: port, method: "HEAD")
            #expect(head.status == 200)
            #expect(head.body == "")
        }
    }

    @Test func aConnectionThatIsHeldUpIsNamedAndTheDaemonIsReadyAllTheSame() async throws {
        var readiness = Readiness(checks: [.init(name: "database")])
        readiness.heldUp = ["held up: jira https://x (credentials): \"no\""]
        try await serving(readiness) { [readiness] port in
            let text = try await fetch("/readyz", port: port)
            #expect(text.status == 200)
            #expect(text.body == "ready\ndatabase: ok\n\(readiness.heldUp[0])\n")
            let json = try await fetch("/readyz", port: port, accept: "application/json")
            #expect(
                json.body
                    == #"{"ready":true,"checks":{"database":"ok"},"heldUp":["held up: jira https://x (credentials): \"no\""]}"#
                    + "\n")
        }
    }

    @Test func oneThatIsNotReadyTellsWhy() async throws {
        let readiness = Readiness(checks: [
            .init(name: "database", problem: "connection refused"), .init(name: "schema"),
        ])
        try await serving(readiness) { port in
            let text = try await fetch("/readyz", port: port)
            #expect(text.status == 503)
            #expect(text.body == "not ready\ndatabase: connection refused\nschema: ok\n")
            let json = try await fetch("/readyz", port: port, accept: "application/json")
            #expect(json.status == 503)
            #expect(
                json.body == "{\"ready\":false,\"checks\":{\"database\":\"connection refused\",\"schema\":\"ok\"}}\n")
            #expect(try await fetch("/healthz", port: port).status == 200)
        }
    }

    @Test func unknownPathsAnswerInText() async throws {
        try await serving(Readiness(checks: [])) { port in
            let missing = try await fetch("/nothing", port: port)
            #expect(missing.status == 404)
            #expect(missing.body == "404 Not Found; here are /healthz, /readyz and /metrics\n")
        }
    }

    @Test func aPortInUseIsAClearError() async throws {
        try await serving(Readiness(checks: [])) { port in
            let routes = OperationsRoutes(readiness: { Readiness(checks: []) }, metrics: { "" })
            let second = HTTPListener(.address(host: "127.0.0.1", port: port), router: routes.router(), logger: quiet)
            let failure = await #expect(throws: CommandFailure.self) { try await second.run() }
            #expect(failure?.status == .configuration)
            #expect(failure?.message == "cannot listen on 127.0.0.1:\(port): Address already in use")
        }
    }

    @Test func anUnknownHostIsAClearError() async throws {
        let routes = OperationsRoutes(readiness: { Readiness(checks: []) }, metrics: { "" })
        let listener = HTTPListener(
            .address(host: "no-such-host.invalid", port: 0), router: routes.router(), logger: quiet)
        let failure = await #expect(throws: CommandFailure.self) { try await listener.run() }
        #expect(failure?.what == "http.listen")
    }
}

extension Readiness.Check {
    init(name: String) {
        self.init(name: name, problem: nil)
    }
}
