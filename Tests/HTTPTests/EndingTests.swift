import Foundation
import HTTP
import Logging
import Testing

/// Cancelling a request, and shutting the client down.
@Suite struct EndingTests {
    static let silent: ScriptedServer.Script = { connection in
        try connection.readRequest()
        try connection.waitForClientToLeave()
    }

    @Test func aRequestOfACancelledTaskIsNotSent() async throws {
        let client = makeClient()
        try await withServer(Self.silent) { server in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await failure(client, post(server.url))
            }
            let error = try await task.value
            #expect(error.kind == .cancelled)
            #expect(!error.requestMayHaveReachedServer)
            #expect(server.connectionCount == 0)
        }
    }

    @Test func cancellingInFlightIsPromptAndSaysThatTheRequestMayHaveArrived() async throws {
        let client = makeClient()
        try await withServer(Self.silent) { server in
            let task = Task { try await failure(client, post(server.url)) }
            try await eventually("the request arrives") { server.requests.count == 1 }
            task.cancel()
            let error = try await task.value
            #expect(error.kind == .cancelled)
            #expect(error.requestMayHaveReachedServer)
            try await eventually("the server sees the client leave") { server.connection(0)?.clientHasLeft == true }
        }
    }

    @Test func cancellingInTheHandshakeSaysThatNothingWasSent() async throws {
        let client = makeClient()
        try await withServer {
            try $0.waitForClientToLeave()
        } _: { server in
            let task = Task { try await failure(client, post("https://127.0.0.1:\(server.port)/")) }
            try await eventually("the client connects") { server.connectionCount == 1 }
            task.cancel()
            let error = try await task.value
            #expect(error.kind == .cancelled)
            #expect(!error.requestMayHaveReachedServer)
        }
    }

    @Test func cancellingAtAnyMomentAnswersOnceAndHarmsNobody() async throws {
        let client = makeClient()
        try await withServer { connection in
            while true {
                let request = try connection.readRequest()
                try connection.respond("200 OK", request.path)
            }
        } _: { server in
            try await withThrowingTaskGroup { group in
                for number in 0..<400 {
                    let task = Task { try await client.send(get(server.url + "/\(number)")) }
                    group.addTask {
                        if number.isMultiple(of: 2) {
                            for _ in 0..<(number % 40) { await Task.yield() }
                            task.cancel()
                        }
                        do {
                            let response = try await task.value
                            #expect(response.text == "/\(number)")
                        } catch let error as HTTPError {
                            #expect(error.kind == .cancelled)
                            #expect(number.isMultiple(of: 2))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func shuttingDownFailsWhatIsInFlightAndWhatComesAfter() async throws {
        let client = makeClient()
        try await withServer(Self.silent) { server in
            let inFlight = Task { try await failure(client, post(server.url)) }
            try await eventually("the request arrives") { server.requests.count == 1 }
            await client.shutDown()
            let error = try await inFlight.value
            #expect(error.kind == .shutDown)
            #expect(error.requestMayHaveReachedServer)
            try await eventually("the connection is closed") { server.connection(0)?.clientHasLeft == true }

            let late = try await failure(client, post(server.url))
            #expect(late.kind == .shutDown)
            #expect(!late.requestMayHaveReachedServer)
            await client.shutDown()  // again: nothing happens
        }
    }

    @Test func shuttingDownAtOnceEndsWhatHasHardlyBegun() async throws {
        try await withServer(Self.silent) { server in
            for _ in 0..<50 {
                let client = makeClient()
                async let error = failure(client, post("https://127.0.0.1:\(server.port)/"))
                await client.shutDown()
                let ended = try await error
                #expect(ended.kind == .shutDown)
                #expect(!ended.requestMayHaveReachedServer)
            }
        }
    }

    @Test func aClientThatNobodyHoldsAnyMoreClosesItsConnections() async throws {
        try await withServer { connection in
            while true {
                try connection.readRequest()
                try connection.respond()
            }
        } _: { server in
            do {
                let client = makeClient()
                _ = try await client.send(get(server.url))
            }
            try await eventually("the idle connection is closed") { server.connection(0)?.clientHasLeft == true }
        }
    }

    @Test func theThreadOfAClientThatNobodyHoldsEnds() async throws {
        // Counted on the side of the kernel: each client has one thread and, among others, one wake-up descriptor.
        weak var last: Witness?
        do {
            let witness = Witness()
            last = witness
            let client = HTTPClient(
                userAgent: "x", logger: Logger(label: "test") { _ in WitnessHandler(witness: witness) })
            _ = try? await client.send(get("not a URL"))
        }
        try await eventually("nothing holds the client's logger any more") { last == nil }
    }
}

private final class Witness: Sendable {}

/// A log handler that is held by the client and by its thread.
private struct WitnessHandler: LogHandler {
    let witness: Witness
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .critical
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {}
}
