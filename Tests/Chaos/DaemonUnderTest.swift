import Foundation
import NIOCore
import TestSupport

/// One daemon, as on a host of its own: its own way to PostgreSQL, and its own idea of the time.
struct DaemonUnderTest: Sendable {
    let program: Program
    /// One to each server.
    let databases: [FlakyLink]
    private let environment: [String: String]
    private let fakeTime: String

    static let lease = Duration.seconds(5)
    static let requestTimeout = Duration.seconds(2)
    /// More than a request can live in this world: two thirds of the lease, twice the request's timeout, and what the faults
    /// keep it on its way.
    static let settlingTime = Duration.seconds(14)

    /// One for each, which tells their sessions apart.
    static func role(_ number: Int) -> String { "kushim_chaos_daemon\(number)" }

    /// - Parameters:
    ///   - databases: in the order in which the daemon tries them.
    ///   - fakeTime: the libraries that lie about the time.
    init(
        number: Int, executable: String, databases: [FlakyLink], jiraPort: Int, credentials: [String: String],
        directory: String, fakeTime: String
    ) throws {
        let file = "\(directory)/daemon\(number).yaml"
        let settings = """
            worker: {lease: 5s, poll_interval: 1s, concurrency: 24, shutdown_grace: 4s}
            http: {listen: "off"}
            jira: {request_timeout: 2s, settling_time: 14s}
            log: {level: debug}
            tickets:
              rules:
                - {match: {control: ["CC-*3", "CC-*7"]}, project: IT, request_type: Report an incident}
            """
        try settings.write(toFile: file, atomically: true, encoding: .utf8)
        // By way of env(1): the library that fakes the time moves the environment of the first program it finds itself in, and
        // Swift looks for a program's arguments beside it.
        program = Program(
            name: "daemon\(number)", executable: "/usr/bin/env", arguments: [executable, "run", "--config", file],
            directory: directory)
        self.databases = databases
        self.fakeTime = fakeTime
        environment = credentials.merging([
            "PATH": "/usr/bin:/bin", "HOME": directory,
            "DATABASE_URL":
                "host=\(databases.map { _ in "127.0.0.1" }.joined(separator: ",")) "
                + "port=\(databases.map { "\($0.port)" }.joined(separator: ",")) "
                + "user=\(Self.role(number)) dbname=chaos sslmode=disable",
            "JIRA_BASE_URL": "http://127.0.0.1:\(jiraPort)", "JIRA_DEFAULT_PROJECT_KEY": "COMP",
        ]) { $1 }
    }

    /// - Parameter clock: by how many seconds this host's clock is wrong.
    func start(clock: Int) throws {
        try program.start(
            environment: environment.merging([
                "LD_PRELOAD": fakeTime, "FAKETIME": "\(clock >= 0 ? "+" : "")\(clock)s",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            ]) { $1 })
    }
}
