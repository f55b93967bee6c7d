import Foundation
import Testing

/// The built program, run as an operator runs it.
@Suite struct CommandTests {
    private struct Outcome {
        var status: Int32
        var output: String
        var error: String
    }

    private func kushimJira(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
        // The program stands beside the test bundle.
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let directory = own.split(separator: "/").dropLast().joined(separator: "/")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/" + directory + "/kushim-jira")
        process.arguments = arguments
        // An absent default file: what the machine has in /etc must not change the tests.
        process.environment = environment
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
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

    @Test func helpAndVersionAreAnswers() async throws {
        let help = try await kushimJira(["--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("EXIT STATUS"))
        #expect(help.error == "")
        let version = try await kushimJira(["--version"])
        #expect(version.status == 0)
        #expect(version.output.hasPrefix("kushim-jira "))
    }

    @Test(arguments: [["config", "show", "--colour"], ["confgi"], ["config", "show", "--config"]])
    func misuseIs64WithAHint(_ arguments: [String]) async throws {
        let outcome = try await kushimJira(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.error.hasPrefix("kushim-jira: usage: "))
        #expect(outcome.error.contains("\nhint: kushim-jira "))
        #expect(outcome.output == "")
    }

    @Test func everySubcommandHasAnExample() async throws {
        for arguments in [
            ["config"], ["config", "show"], ["config", "check"], ["run"], ["migrate"], ["check"], ["enqueue"],
            ["render"], ["status"], ["jobs"], ["jobs", "list"], ["jobs", "show"], ["jobs", "retry"],
            ["jobs", "cancel"], ["connections"], ["connections", "list"], ["connections", "show"],
            ["connections", "pause"], ["connections", "resume"],
        ] {
            let help = try await kushimJira(arguments + ["--help"])
            #expect(help.status == 0)
            #expect(help.output.contains("EXAMPLE\n"), "\(arguments)")
        }
    }

    @Test func aWrongConfigurationIs78WithEveryProblem() async throws {
        let scratch = try Scratch()
        let path = try scratch.file("config.yaml", "worker:\n  concurency: 3\n  lease: soon\n")
        let outcome = try await kushimJira(["config", "check", "--config", path])
        #expect(outcome.status == 78)
        #expect(outcome.output == "")
        #expect(outcome.error.contains("\n  \(path):2: worker.concurency: unknown key; did you mean concurrency?\n"))
        #expect(outcome.error.contains("\n  \(path):3: worker.lease: "))
        #expect(!outcome.error.contains("\u{1b}"))
        let json = try await kushimJira(["config", "check", "--json", "--config", path])
        #expect(json.status == 78)
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect((document["problems"] as? [Any])?.count == 2)
    }

    @Test func theConfigurationIsShownWithoutItsSecrets() async throws {
        let scratch = try Scratch()
        let path = try scratch.file("config.yaml", "worker:\n  concurrency: 7\n")
        let environment = [
            "KUSHIM_JIRA_CONFIG": path, "JIRA_DOMAIN": "acme.atlassian.net", "JIRA_EMAIL": "a@b.c",
            "JIRA_API_TOKEN": "visible-token",
        ]
        let shown = try await kushimJira(["config", "show"], environment: environment)
        #expect(shown.status == 0)
        #expect(shown.output.contains("•••"))
        #expect(shown.output.contains("\(path):2"))
        #expect(!shown.output.contains("visible"))
        let json = try await kushimJira(["config", "show", "--json"], environment: environment)
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let settings = try #require(document["settings"] as? [[String: Any]])
        let token = try #require(settings.first { $0["key"] as? String == "jira.api_token" })
        #expect(token["isSet"] as? Bool == true)
        #expect(token["value"] == nil)
        #expect(!json.output.contains("visible"))
    }
}
