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

    /// Milliseconds of the executions of prepared statements with this in their SQL, where the session logs them.
    func durations(ofStatementsWith sql: String) throws -> [Double] {
        guard let file = FileHandle(forReadingAtPath: path) else { return [] }
        try file.seek(toOffset: start)
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        var durations: [Double] = []
        var current: Double?
        // An entry's further lines begin with a tab.
        for line in text.split(separator: "\n") {
            if line.first != "\t" { current = Self.duration(ofExecution: line) }
            if let duration = current, line.contains(sql) {
                durations.append(duration)
                current = nil
            }
        }
        return durations
    }

    private static func duration(ofExecution line: Substring) -> Double? {
        guard let duration = line.range(of: "duration: "), let execution = line.range(of: " ms  execute ") else {
            return nil
        }
        return Double(line[duration.upperBound..<execution.lowerBound])
    }
}
