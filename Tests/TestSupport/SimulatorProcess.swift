import Foundation
package import HTTP
package import Jira

/// The simulated Jira as a process of its own, told what to do through its own surface.
package struct SimulatorProcess: Sendable {
    package let program: Program
    package let port: Int
    let isCloud: Bool
    private let http: HTTPClient

    package static func start(
        executable: String, isCloud: Bool, seed: UInt64, directory: String, name: String = "simulator",
        http: HTTPClient
    ) async throws -> SimulatorProcess {
        let portFile = "\(directory)/\(name).port"
        let program = Program(
            name: name, executable: executable,
            arguments: [
                isCloud ? "--cloud" : "--data-center", "--quiet", "--seed", "\(seed)", "--port-file", portFile,
            ], directory: directory)
        try program.start(environment: ProcessInfo.processInfo.environment)
        for _ in 0..<600 {
            if let text = try? String(contentsOfFile: portFile, encoding: .utf8),
                let port = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
            {
                return SimulatorProcess(program: program, port: port, isCloud: isCloud, http: http)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ConditionNotMet(description: "the simulator did not start; see \(program.logPath)")
    }

    /// What a daemon needs to sign in.
    package var credentials: [String: String] {
        isCloud
            ? ["JIRA_TYPE": "cloud", "JIRA_EMAIL": "admin@acme-corp.com", "JIRA_API_TOKEN": "simulator-token"]
            : ["JIRA_TYPE": "server", "JIRA_PAT": "simulator-pat"]
    }

    package func add(faults: [String]) async throws {
        try await post("faults", .array(faults.map { .string($0) }))
    }

    package func clearFaults() async throws { try await post("faults/clear", [:]) }

    /// What Atlassian does not promise is not so.
    package func beAwkward() async throws { try await post("settings", ["bulkIsShuffled": true]) }

    package func setIndexLag(_ lag: String) async throws { try await post("settings", ["indexLag": .string(lag)]) }

    package func catchUpIndex() async throws { try await post("index/catch-up", [:]) }

    package func backUp() async throws { try await post("backup", [:]) }

    /// From the last backup: ids and keys given since are given again.
    package func restore() async throws { try await post("restore", [:]) }

    /// What restored backups took away or set back, as it was.
    package func lost() async throws -> (issues: [JSONValue], setBack: [JSONValue]) {
        let lost = try await get("lost")
        return (lost["issues"]?.arrayValue ?? [], lost["setBack"]?.arrayValue ?? [])
    }

    package func close(_ key: String) async throws { try await post("issues/\(key)/transition", ["status": "Done"]) }

    package func issues() async throws -> [JSONValue] { try await get("issues").arrayValue ?? [] }

    /// Since it started, its own surface apart.
    package func requestCount() async throws -> Int64 { try await counters()["requests"]?.integerValue ?? 0 }

    package func counters() async throws -> JSONValue { try await get("counters") }

    private func get(_ path: String) async throws -> JSONValue {
        try await answer(HTTPRequest(url: url(path), maximumResponseBytes: 1 << 30, allowsPlainHTTP: true))
    }

    private func post(_ path: String, _ body: JSONValue) async throws {
        _ = try await answer(
            HTTPRequest(
                method: .post, url: url(path), headers: ["Content-Type": "application/json"], body: body.serialized(),
                timeout: .seconds(60), allowsPlainHTTP: true))
    }

    private func url(_ path: String) -> String { "http://127.0.0.1:\(port)/__simulator/\(path)" }

    private func answer(_ request: HTTPRequest) async throws -> JSONValue {
        let response = try await http.send(request)
        guard response.status == 200 else {
            throw ConditionNotMet(
                description:
                    "the simulator answered \(response.status): \(String(decoding: response.body, as: UTF8.self))")
        }
        return try JSONValue(parsing: response.body)
    }
}
