import Foundation
import TestSupport

/// pgbench with a script of ours. Source: https://www.postgresql.org/docs/current/pgbench.html
enum PgBench {
    enum Length {
        /// For all clients together; a multiple of their number.
        case transactions(Int)
        case seconds(Int)
    }

    struct Result: Sendable {
        var transactions: Int
        var perSecond: Double
        /// Ends of the transactions in seconds, ascending, and how long each took in milliseconds; if asked for.
        var log: [(end: Double, milliseconds: Double)]
    }

    static func run(
        _ script: String, clients: Int, _ length: Length, isLogged: Bool = false, on database: BenchDatabase,
        in bench: Bench
    ) async throws -> Result {
        let name = bench.freshName("pgbench")
        let logPrefix = "\(bench.directory)/\(name).transactions"
        var arguments = ["-n", "-M", "prepared", "-c", "\(clients)", "-j", "\(min(clients, 2))"]
        arguments += ["-f", "\(bench.programs.scripts)/\(script).sql"]
        switch length {
        case .transactions(let count): arguments += ["-t", "\(count / clients)"]
        case .seconds(let seconds): arguments += ["-T", "\(seconds)"]
        }
        if isLogged { arguments += ["-l", "--log-prefix", logPrefix] }
        let program = Program(
            name: name, executable: "\(PrivatePostgres.programs)/pgbench", arguments: arguments + [database.conninfo],
            directory: bench.directory)
        try program.start(environment: ProcessInfo.processInfo.environment)
        guard await program.end(0, within: .seconds(600)) else {
            _ = await program.end(SIGKILL)
            throw ConditionNotMet(description: "pgbench did not end; see \(program.logPath)")
        }
        return try result(of: program, log: isLogged ? log(prefix: logPrefix, in: bench.directory) : [])
    }

    private static func result(
        of program: Program, log: [(end: Double, milliseconds: Double)]
    ) throws -> Result {
        let output = try String(contentsOfFile: program.logPath, encoding: .utf8)
        func number(after words: String) -> Double? {
            output.range(of: words).flatMap { Double(output[$0.upperBound...].prefix { $0.isNumber || $0 == "." }) }
        }
        guard let transactions = number(after: "actually processed: "), let rate = number(after: "tps = "),
            number(after: "failed transactions: ") ?? 0 == 0
        else { throw ConditionNotMet(description: "pgbench failed: \(output.suffix(500))") }
        return Result(transactions: Int(transactions), perSecond: rate, log: log)
    }

    /// Lines of: client, transaction, microseconds, script, seconds and microseconds of its end.
    private static func log(prefix: String, in directory: String) throws -> [(end: Double, milliseconds: Double)] {
        let files = try FileManager.default.contentsOfDirectory(atPath: directory)
        return try files.filter { "\(directory)/\($0)".hasPrefix(prefix) }.flatMap { file in
            try String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8).split(separator: "\n").compactMap {
                line -> (end: Double, milliseconds: Double)? in
                let fields = line.split(separator: " ").compactMap { Double($0) }
                guard fields.count >= 6 else { return nil }
                return (fields[4] + fields[5] / 1_000_000, fields[2] / 1_000)
            }
        }.sorted { $0.end < $1.end }
    }
}
