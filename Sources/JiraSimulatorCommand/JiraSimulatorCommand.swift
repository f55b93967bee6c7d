import ArgumentParser
import FoundationEssentials
import JiraSimulator
import Logging
import ServiceLifecycle
import UnixSignals

@main
struct JiraSimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jira-simulator",
        abstract: "A stand-in for Jira Cloud or Data Center on 127.0.0.1, to try things and to break them.",
        discussion: """
            It keeps issues in memory, refuses what Jira refuses, prints each ticket and
            shows it at /browse/KEY. It fails on demand: see FAULTS. GET /__simulator
            lists what can be seen and done while it runs.

            SIGNING IN
              Cloud        admin@acme-corp.com with the API token simulator-token;
                           through /ex/jira/CLOUD-ID with simulator-scoped-token
              Data Center  personal access token simulator-pat, or
                           kushim with the password simulator-password

            EXAMPLES
              jira-simulator --port 8077
              jira-simulator --data-center --context-path /jira --index-lag 2s..30s
              jira-simulator \\
                --fault close-after-commit,operation=createIssue,probability=0.1 \\
                --fault status=429,retry-after=2s,operation=search,count=20
              curl -d '{"status":"Done"}' \\
                http://127.0.0.1:8077/__simulator/issues/COMP-1/transition

            FAULTS
              EFFECT,key=value,...
              close-before-commit      close the connection, nothing done
              close-after-commit       carry it out, close without an answer
              reset-before-commit      the same two with a TCP reset
              reset-after-commit
              truncate-after-commit    carry it out, send half of the answer
              malformed-after-commit   carry it out, answer with broken JSON
              hang-before-commit       never answer, nothing done
              hang-after-commit        carry it out, never answer
              delay-before=1s..5s      wait, then carry on, client or no client
              delay-after=2s           carry it out, wait, answer
              anonymous                as if the request had no credentials
              status=503               answer so, nothing done; also with
                committed=yes          ... after carrying it out
                retry-after=2s  reason=jira-burst-based  header.NAME=VALUE
                body=jira|field|message|html|text|empty|malformed|gateway|code|cut|earlier|swapped
              Which requests: operation=createIssue  method=POST  contains=TEXT
              How often:      nth=3  every=10  probability=0.05  count=5  seed=7
                                lasting=3s

            OPERATIONS
            \(Self.operations)
            """)

    /// The names of the operations, in lines that need no wrapping.
    private static let operations = SimulatedJira.Operation.allCases.map(\.rawValue).reduce(into: [String]()) {
        lines, name in
        if let last = lines.last, last.count + name.count < 74 {
            lines[lines.count - 1] += "  \(name)"
        } else {
            lines.append("  \(name)")
        }
    }.joined(separator: "\n")

    @Flag(help: "Which Jira to play.")
    var product = Product.cloud

    @Option(help: "Port to listen on; 0 takes a free one.")
    var port = 0

    @Option(help: ArgumentHelp("Write the port to this file once it listens.", valueName: "file"))
    var portFile: String?

    @Option(help: ArgumentHelp("Path in front of everything, as /jira.", valueName: "path"))
    var contextPath = ""

    @Option(
        name: .customLong("project"),
        help: ArgumentHelp("Projects; without any: COMP, SEC, IT, INFRA, DEV.", valueName: "key:name"))
    var projects: [String] = []

    @Option(help: "E-mail address (Cloud) or name (Data Center) to sign in with.")
    var user: String?

    @Option(help: "API token (Cloud), or personal access token (Data Center).")
    var token: String?

    @Option(help: ArgumentHelp("How long searches lag behind, as 2s or 2s..90s.", valueName: "duration"))
    var indexLag = DelayRange.zero

    @Option(
        name: .customLong("fault"),
        help: ArgumentHelp("What shall go wrong; repeatable. See FAULTS above.", valueName: "fault"),
        transform: { try SimulatedJira.Fault(parsing: $0) })
    var faults: [SimulatedJira.Fault] = []

    @Option(help: "Language of Jira's errors: en or de.")
    var language = SimulatedJira.Language.english

    @Option(
        help: ArgumentHelp("On bad credentials: anonymousView, anonymousError or unauthorized.", valueName: "answer"))
    var badCredentials = SimulatedJira.BadCredentialsAnswer.anonymousView

    @Flag(help: "Refuse user and password, as Jira 11 does.")
    var basicDisabled = false

    @Option(help: ArgumentHelp("Show a CAPTCHA after so many bad passwords.", valueName: "count"))
    var captchaAfter: Int?

    @Option(help: ArgumentHelp("Comments an issue can hold.", valueName: "count"))
    var commentLimit: Int?

    @Option(help: ArgumentHelp("Requests per second and burst, as 100/200.", valueName: "rate/burst"))
    var rateLimit: SimulatedJira.RateLimit?

    @Flag(help: "Take every ADF document, sound or not.")
    var lenientAdf = false

    @Option(help: "Seed of everything that is drawn.")
    var seed: UInt64 = 1

    @Flag(help: "Do not print issues and comments.")
    var quiet = false

    @Option(
        help: ArgumentHelp(
            "Append each request, issue and comment to this file, one JSON object a line.", valueName: "file"))
    var jsonLog: String?

    func validate() throws {
        if !contextPath.isEmpty, !contextPath.hasPrefix("/") || contextPath.hasSuffix("/") {
            throw ValidationError("--context-path must begin with a slash and not end with one, as /jira")
        }
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
        for project in projects where project.split(separator: ":", maxSplits: 1).count != 2 {
            throw ValidationError("--project is written KEY:NAME, as \"COMP:Compliance Management\", not '\(project)'")
        }
    }

    func run() async throws {
        let (events, continuation) = AsyncStream.makeStream(of: SimulatedJira.Event.self)
        let reporter = try Reporter(isQuiet: quiet, jsonLog: jsonLog)
        var options = self.options
        options.onEvent = { continuation.yield($0) }
        let jira: SimulatedJira
        do {
            jira = try await SimulatedJira.start(options)
        } catch {
            FileDescriptorWriter.standardError.write(
                "jira-simulator: cannot listen on 127.0.0.1:\(port) (\(error)); choose another --port or 0 for a free one\n"
            )
            throw ExitCode(69)
        }
        reporter.started(jira)
        if let portFile { try Data("\(jira.port)\n".utf8).write(to: URL(filePath: portFile), options: .atomic) }
        try await withThrowingTaskGroup { group in
            group.addTask {
                for await event in events { reporter.report(event, jira) }
            }
            group.addTask {
                let service = StopsOnSignal(jira: jira)
                let services = ServiceGroup(
                    services: [service], gracefulShutdownSignals: [.sigterm, .sigint],
                    logger: Logger(label: "jira-simulator") { _ in SwiftLogNoOpLogHandler() })
                try await services.run()
                continuation.finish()
            }
            try await group.waitForAll()
        }
    }
}

/// Keeps the simulator up until SIGTERM or SIGINT.
private struct StopsOnSignal: Service {
    let jira: SimulatedJira

    func run() async throws {
        try? await gracefulShutdown()
        await jira.stop()
    }
}
