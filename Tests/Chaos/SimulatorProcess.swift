import Foundation
import HTTP
import Jira
import Logging

/// The simulated Jira as a process of its own, told what to do through its own surface.
struct SimulatorProcess: Sendable {
    let program: Program
    let port: Int
    let isCloud: Bool
    private let http: HTTPClient

    static func start(
        executable: String, isCloud: Bool, seed: UInt64, directory: String, http: HTTPClient
    ) async throws -> SimulatorProcess {
        let portFile = "\(directory)/simulator.port"
        let program = Program(
            name: "simulator", executable: executable,
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
        throw WorldError("the simulator did not start; see \(program.logPath)")
    }

    /// What a daemon needs to sign in.
    var credentials: [String: String] {
        isCloud
            ? ["JIRA_TYPE": "cloud", "JIRA_EMAIL": "admin@acme-corp.com", "JIRA_API_TOKEN": "simulator-token"]
            : ["JIRA_TYPE": "server", "JIRA_PAT": "simulator-pat"]
    }

    func add(faults: [String]) async throws {
        try await post("faults", .array(faults.map { .string($0) }))
    }

    func clearFaults() async throws { try await post("faults/clear", [:]) }

    /// What Atlassian does not promise is not so.
    func beAwkward() async throws { try await post("settings", ["bulkIsShuffled": true]) }

    func setIndexLag(_ lag: String) async throws { try await post("settings", ["indexLag": .string(lag)]) }

    func catchUpIndex() async throws { try await post("index/catch-up", [:]) }

    func close(_ key: String) async throws { try await post("issues/\(key)/transition", ["status": "Done"]) }

    func issues() async throws -> [JSONValue] { try await get("issues").arrayValue ?? [] }

    func counters() async throws -> JSONValue { try await get("counters") }

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
            throw WorldError(
                "the simulator answered \(response.status): \(String(decoding: response.body, as: UTF8.self))")
        }
        return try JSONValue(parsing: response.body)
    }
}
