import Foundation
import Glibc

/// `openssl s_server` on loopback with a certificate for `localhost` and `127.0.0.1`: ends TLS, and passes what comes and
/// goes through pipes, one connection after another.
final class OpenSSLServer: Sendable {
    let port: UInt16
    /// The certificate, as a PEM file.
    let caFile: String
    let fromClient: FileHandle
    let toClient: FileHandle
    private let process: Process

    static let executable = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// - Parameter arguments: `-www` for a page, `-alpn h2 -quiet` for bare bytes.
    init(_ arguments: String...) async throws {
        let certificate = try await Certificate.shared.value
        caFile = certificate.file
        process = try Self.process(
            ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate.file, "-key", certificate.key] + arguments)
        let output = Pipe()
        let input = Pipe()
        process.standardOutput = output
        process.standardInput = input
        fromClient = output.fileHandleForReading
        toClient = input.fileHandleForWriting
        try process.run()
        let id = process.processIdentifier
        var port: UInt16?
        try await eventually("openssl listens") {
            port = try Self.listeningPort(of: id)
            return port != nil
        }
        self.port = port ?? 0
    }

    /// The port the system chose, which openssl does not tell when it is quiet: the listening socket of the process in the
    /// kernel's table (https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html).
    private static func listeningPort(of process: Int32) throws -> UInt16? {
        let descriptors = "/proc/\(process)/fd"
        let sockets = try FileManager.default.contentsOfDirectory(atPath: descriptors).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(descriptors)/\($0)")
        }
        // Read to its end, whatever size it says it has: there may be many sockets.
        let table = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/net/tcp")).readToEnd() ?? Data()
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst() {
            let columns = line.split(separator: " ")
            if columns[3] == "0A", sockets.contains("socket:[\(columns[9])]") {
                return columns[1].split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
            }
        }
        return nil
    }

    var url: String { "https://127.0.0.1:\(port)" }

    func stop() {
        kill(process.processIdentifier, SIGKILL)  // SIGTERM may be blocked in what a test process starts
    }

    fileprivate static func process(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: try executable ?? { throw Unexpected("no openssl") }())
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }
}

/// Made once for all tests.
private struct Certificate: Sendable {
    let file: String
    let key: String

    static let shared = Task {
        let directory = FileManager.default.temporaryDirectory.appending(path: "kushim-http-tests-\(getpid())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let certificate = Certificate(
            file: directory.appending(path: "cert.pem").path, key: directory.appending(path: "key.pem").path)
        let request = try OpenSSLServer.process([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=kushim-test", "-addext", "subjectAltName=DNS:localhost,DNS:jira.test,IP:127.0.0.1", "-keyout",
            certificate.key, "-out", certificate.file,
        ])
        let status = try await withCheckedThrowingContinuation { continuation in
            request.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try request.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else { throw Unexpected("openssl req ended with \(status)") }
        return certificate
    }
}
