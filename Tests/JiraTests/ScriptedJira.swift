import Foundation
import Glibc
import Synchronization
import TestSupport

@testable import HTTP
@testable import Jira

/// What a scripted server saw.
struct RecordedRequest: Sendable {
    var method: String
    /// With query.
    var target: String
    var headers: HTTPHeaders
    var body: [UInt8]

    var path: String { String(target.prefix { $0 != "?" }) }
    var json: JSONValue? { try? JSONValue(parsing: body) }

    /// The query's names and values, decoded.
    var query: [String: String] {
        let items = URLComponents(string: "http://host\(target)")?.queryItems ?? []
        return Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first }
    }

    var received: ReceivedRequest { ReceivedRequest(method: method, path: path, query: query, body: body) }
}

/// What a scripted server does.
enum ScriptedAnswer: Sendable {
    case answer(Int, [(String, String)] = [], String)
    /// The request is read, the connection closed.
    case silence
    /// A body that breaks off.
    case truncated(Int, String)

    static func json(_ status: Int, _ value: JSONValue, _ headers: [(String, String)] = []) -> ScriptedAnswer {
        .answer(status, headers + [("Content-Type", "application/json")], value.description)
    }
}

/// A server on loopback that answers by script: what no real server would do on demand. One thread per connection, since
/// it blocks; it ends with the object.
final class ScriptedJira: Sendable {
    let port: UInt16
    private let listener: Int32
    private let isStopped = Mutex(false)
    private let seen = Mutex<[RecordedRequest]>([])

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [RecordedRequest] { seen.withLock { $0 } }

    struct CannotListen: Error {}

    init(_ script: @escaping @Sendable (RecordedRequest) -> ScriptedAnswer) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard bound else { throw CannotListen() }
        port = UInt16(bigEndian: address.sin_port)
        self.listener = listener
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 {
                    // Here, so that the number is not another socket's while this thread still waits on it.
                    close(listener)
                    return
                }
                Thread.detachNewThread { [weak self] in
                    if let request = Self.read(connection) {
                        self?.seen.withLock { $0.append(request) }
                        Self.write(script(request), to: connection)
                    }
                    close(connection)
                }
            }
        }
    }

    deinit {
        stop()
    }

    /// From now on connections are refused.
    func stop() {
        // Once: afterwards the number may be another socket's.
        isStopped.withLock { isStopped in
            if !isStopped { shutdown(listener, Int32(SHUT_RDWR)) }
            isStopped = true
        }
    }

    private static func read(_ connection: Int32) -> RecordedRequest? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let head = bytes.firstRange(of: end) {
                let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                let words = lines[0].split(separator: " ")
                let fields = lines.dropFirst().compactMap { line in
                    line.firstIndex(of: ":").map { colon in
                        (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
                    }
                }
                let headers = HTTPHeaders(fields)
                let length = headers["Content-Length"].flatMap { Int($0) } ?? 0
                if bytes.count >= head.upperBound + length {
                    return RecordedRequest(
                        method: String(words[0]), target: String(words[1]), headers: headers,
                        body: Array(bytes[head.upperBound..<head.upperBound + length]))
                }
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            bytes += buffer[..<count]
        }
    }

    private static func write(_ answer: ScriptedAnswer, to connection: Int32) {
        let text: String
        switch answer {
        case .silence: return
        case .truncated(let status, let body):
            text = "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count + 10)\r\n\r\n\(body)"
        case .answer(let status, let headers, let body):
            let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
            text =
                "HTTP/1.1 \(status) X\r\n\(lines)Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }
}
