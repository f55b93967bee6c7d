import Foundation
import HTTP
import Synchronization
import Testing

/// The sender's leave to send is asked for at the socket, so that one who lost it on the way there sends nothing.
@Suite struct LeaveTests {
    @Test("Without leave not a byte is sent, on a new connection or on one that is kept")
    func withdrawnBefore() async throws {
        let client = makeClient()
        try await withServer({ connection in
            while true {
                try connection.readRequest()
                try connection.respond()
            }
        }) { server in
            for round in 1...2 {
                var request = post(server.url + "/create")
                request.maySend = { false }
                let error = try await failure(client, request)
                #expect(error.kind == .leaveWithdrawn)
                #expect(!error.requestMayHaveReachedServer)
                #expect(error.message.contains("lost its right to send"), "\(error)")
                _ = try await client.send(post(server.url + "/warm-up"))
                #expect(server.deliveries(of: "/warm-up") == round)
            }
            #expect(server.deliveries(of: "/create") == 0)
        }
    }

    @Test("Leave is asked for when the connection stands, not when the request is given to the client")
    func askedLate() async throws {
        let client = makeClient(maximumConnectionsPerHost: 1)
        let leave = Mutex(true)
        try await withServer({ connection in
            while true {
                try connection.readRequest()
                leave.withLock { $0 = false }
                try connection.respond()
            }
        }) { server in
            async let first = client.send(post(server.url + "/first"))
            var request = post(server.url + "/second")
            request.maySend = { leave.withLock { $0 } }
            _ = try await first
            #expect(try await failure(client, request).kind == .leaveWithdrawn)
            #expect(server.deliveries(of: "/second") == 0)
        }
    }

    enum End: CaseIterable { case leave, timeout }

    @Test("A request that is half sent is not sent to its end", arguments: End.allCases)
    func withdrawnMeanwhile(by end: End) async throws {
        let client = makeClient()
        let mayGoOn = DispatchSemaphore(value: 0)
        let leave = Mutex(true)
        let arrived = Mutex<Int?>(nil)
        let body = String(repeating: "x", count: 64 << 20)
        try await withServer({ connection in
            var count = try connection.readBytes(1 << 10).count
            connection.markAsSeen()
            mayGoOn.wait()
            while (try? connection.readBytes(1 << 16)) != nil { count += 1 << 16 }
            arrived.withLock { $0 = count }
        }) { server in
            var request = post(
                server.url + "/large", body, timeout: end == .timeout ? .seconds(3) : .seconds(20))
            request.maySend = { leave.withLock { $0 } }
            let sending = request
            async let error = failure(client, sending)
            switch end {
            case .leave:
                try await eventually("the request is under way") { server.connection(0)?.isSeen == true }
                leave.withLock { $0 = false }
                mayGoOn.signal()
                #expect(try await error.kind == .leaveWithdrawn)
            case .timeout:
                #expect(try await error.kind == .timedOut)
                mayGoOn.signal()
            }
            #expect(try await error.requestMayHaveReachedServer)
            try await eventually("the server sees the end") { arrived.withLock { $0 != nil } }
            #expect(arrived.withLock { $0 ?? .max } < body.utf8.count, "the rest never came")
        }
    }
}
