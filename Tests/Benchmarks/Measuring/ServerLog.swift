import Foundation
import TestSupport

/// What the server has logged since a moment.
struct ServerLog {
    private let path: String
    private let start: UInt64

    init(of server: PrivatePostgres) {
        path = "\(server.directory)/data/server.log"
        start = (try? FileHandle(forReadingAtPath: path)?.seekToEnd()) ?? 0
    }

    /// Milliseconds of the executions of prepared statements, where the session logs them.
    func durations(ofStatementsNamed part: String) throws -> [Double] {
        guard let file = FileHandle(forReadingAtPath: path) else { return [] }
        try file.seek(toOffset: start)
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            guard let duration = line.range(of: "duration: "), let execution = line.range(of: " ms  execute "),
                line[execution.upperBound...].prefix(while: { $0 != ":" }).contains(part)
            else { return nil }
            return Double(line[duration.upperBound..<execution.lowerBound])
        }
    }
}
