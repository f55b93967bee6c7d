import Foundation
import JiraSimulator
import Synchronization

/// What came back on the wire, and how the connection ended: an independent client that hides nothing.
struct RawReply: Sendable {
    enum Ending: Sendable {
        case closed
        case reset
    }

    var status: Int?
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    var ending: Ending

    var isComplete: Bool { status != nil && headers["content-length"].flatMap { Int($0) } == body.count }

    /// The body as JSON; null where it is none.
    var json: JSON { (try? JSON(parsing: body)) ?? .null }

    var fieldErrors: [String: String] { json["errors"]?.objectValue?.compactMapValues(\.stringValue) ?? [:] }
    var firstMessage: String? { json["errorMessages"]?[0]?.stringValue }
}

/// One request on one connection of its own.
struct RawClient: Sendable {
    var jira: SimulatedJira
    var authorization: String?
    /// In front of every path, as for the gateway.
    var prefix = ""
    var version: Int
    private var leavesEarly = false

    init(_ jira: SimulatedJira) {
        self.jira = jira
        version = jira.mode == .cloud ? 3 : 2
        authorization =
            jira.mode == .cloud ? Self.basic("admin@acme-corp.com", "simulator-token") : "Bearer simulator-pat"
    }

    static func basic(_ name: String, _ secret: String) -> String {
        "Basic \(Data("\(name):\(secret)".utf8).base64EncodedString())"
    }

    func get(_ path: String, headers: [String: String] = [:]) async -> RawReply {
        await send("GET", "\(prefix)/rest/api/\(version)/\(path)", nil, headers)
    }

    func post(_ path: String, _ body: JSON, headers: [String: String] = [:]) async -> RawReply {
        await send("POST", "\(prefix)/rest/api/\(version)/\(path)", body, headers)
    }

    /// Gives up as soon as the request is sent.
    func postAndLeave(_ path: String, _ body: JSON) async {
        var impatient = self
        impatient.leavesEarly = true
        _ = await impatient.post(path, body)
    }

    func send(_ method: String, _ path: String, _ body: JSON? = nil, _ headers: [String: String] = [:]) async
        -> RawReply
    {
        let content = body?.serialized() ?? []
        var head = "\(method) \(jira.contextPath)\(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        if let authorization { head += "Authorization: \(authorization)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if body != nil { head += "Content-Type: application/json\r\nContent-Length: \(content.count)\r\n" }
        let bytes = Array((head + "\r\n").utf8) + content
        let port = UInt16(jira.port)
        let leavesEarly = leavesEarly
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.exchange(bytes, port, leavesEarly)) }
        }
    }

    /// Blocking, so on a thread of its own.
    private static func exchange(_ bytes: [UInt8], _ port: UInt16, _ leavesEarly: Bool) -> RawReply {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            return RawReply(status: nil, ending: .reset)
        }
        if leavesEarly { return RawReply(status: nil, ending: .closed) }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                received += buffer[..<count]
            } else {
                return parse(received, ending: count == 0 ? .closed : .reset)
            }
        }
    }

    private static func parse(_ bytes: [UInt8], ending: RawReply.Ending) -> RawReply {
        var reply = RawReply(status: nil, ending: ending)
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return reply }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        reply.status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1)
            if halves.count == 2 {
                reply.headers[halves[0].lowercased()] = halves[1].trimmingCharacters(in: .whitespaces)
            }
        }
        reply.body = Array(bytes[end.upperBound...])
        return reply
    }
}

extension SimulatedJira {
    var contextPath: String { String(baseURL.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }) }
}

/// A clock that stands still until it is moved.
final class HeldClock: Sendable {
    private let state = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
    var now: @Sendable () -> Date { { self.state.withLock { $0 } } }
    func advance(bySeconds seconds: Double) { state.withLock { $0 += seconds } }
}

func document(_ text: String) -> JSON {
    [
        "type": "doc", "version": 1,
        "content": [["type": "paragraph", "content": [["type": "text", "text": .string(text)]]]],
    ]
}

/// A create request that Jira takes, with more or other fields.
func creation(_ fields: [String: JSON] = [:], properties: JSON = []) -> JSON {
    var all: [String: JSON] = [
        "project": ["key": "COMP"], "issuetype": ["name": "Task"], "summary": "MFA is off for a root account",
    ]
    all.merge(fields) { $1 }
    return ["fields": .object(all), "properties": properties]
}
