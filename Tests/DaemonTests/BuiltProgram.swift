import Foundation
import FoundationNetworking
import Testing

/// The built program, run as an operator runs it.
struct BuiltProgram {
    struct Outcome: Sendable {
        var status: Int32
        var output: String
        var error: String
    }

    /// - Parameter input: for standard input; nil leaves it empty.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil
    ) async throws -> Outcome {
        let process = Process()
        process.executableURL = try url()
        process.arguments = arguments
        process.environment = environment
        let (output, error, feed) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        process.standardInput = feed
        try process.run()
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                if let input { try? feed.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
                try? feed.fileHandleForWriting.close()
                let printed = output.fileHandleForReading.readDataToEndOfFile()
                let complained = error.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(
                    returning: Outcome(
                        status: process.terminationStatus, output: String(decoding: printed, as: UTF8.self),
                        error: String(decoding: complained, as: UTF8.self)))
            }
        }
    }

    static func fetch(_ address: String) async throws -> (status: Int, body: String) {
        let url = try #require(URL(string: address))
        let (data, response) = try await URLSession.shared.data(from: url)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    /// It stands beside the test bundle.
    static func url() throws -> URL {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let directory = own.split(separator: "/").dropLast().joined(separator: "/")
        return URL(fileURLWithPath: "/" + directory + "/kushim-jira")
    }
}
