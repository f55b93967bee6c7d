import ArgumentParser
import Glibc

/// Runs a command tree to the end of the process: every way a command can end gets its words and its exit status here.
enum CommandLineProgram {
    static func run(_ root: any AsyncParsableCommand.Type) async -> Never {
        // A reader that goes away (`| head`) shows up as a failed write, not as a killed process.
        signal(SIGPIPE, SIG_IGN)
        let style = TerminalStyle.standardError(ProcessFacts.environment)
        do {
            var command = try root.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            exit(ExitStatus.done.rawValue)
        } catch let failure as CommandFailure {
            StandardStream.error.write(failure.report(style))
            exit(failure.status.rawValue)
        } catch let invalid as InvalidConfiguration {
            StandardStream.error.write(CommandFailure(invalid).report(style))
            exit(ExitStatus.configuration.rawValue)
        } catch let status as ExitStatus {
            exit(status.rawValue)
        } catch {
            end(root, error, style)
        }
    }

    /// What ArgumentParser throws: help and version (which are answers, on standard output), and usage errors.
    private static func end(_ root: any AsyncParsableCommand.Type, _ error: any Error, _ style: TerminalStyle) -> Never
    {
        let code = root.exitCode(for: error)
        let text = root.fullMessage(for: error)
        if code.isSuccess {
            StandardStream.output.write(text.isEmpty ? "" : text + "\n")
            exit(ExitStatus.done.rawValue)
        }
        guard code == .validationFailure else {
            let failure = CommandFailure(
                status: .problemFound, what: "unexpected error", message: "\(error)",
                hint: "please report this as a bug")
            StandardStream.error.write(failure.report(style))
            exit(failure.status.rawValue)
        }
        // "Error: ...", then usage lines, the last of which names the right subcommand: See 'kushim-jira ... --help'.
        let lines = text.split(separator: "\n")
        let message = lines.prefix { !$0.hasPrefix("Usage:") }.joined(separator: " ")
        let help = lines.last.flatMap { $0.split(separator: "'").dropFirst().first } ?? "kushim-jira --help"
        let failure = CommandFailure(
            status: .usage, what: "usage", message: message.removingPrefix("Error: ").withoutCredentials,
            hint: "\(help) tells how to use it")
        StandardStream.error.write(failure.report(style))
        exit(ExitStatus.usage.rawValue)
    }
}

extension ExitStatus: Error, CustomStringConvertible {
    var description: String { "exit status \(rawValue)" }
}

extension String {
    fileprivate func removingPrefix(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
