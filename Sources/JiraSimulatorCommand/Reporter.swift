import ArgumentParser
import Glibc
import JiraSimulator

/// Tells a person what happens, on standard output, and a program, in the JSON log.
final class Reporter: Sendable {
    private let isQuiet: Bool
    private let isTerminal: Bool
    private let log: FileDescriptorWriter?

    init(isQuiet: Bool, jsonLog: String?) throws {
        self.isQuiet = isQuiet
        isTerminal = isatty(STDOUT_FILENO) == 1
        log = try jsonLog.map(FileDescriptorWriter.init(appendingTo:))
    }

    func started(_ jira: SimulatedJira) {
        let product = jira.mode == .cloud ? "Jira Cloud" : "Jira Data Center"
        FileDescriptorWriter.standardOutput.write("Simulated \(product) at \(jira.baseURL)\n")
    }

    func report(_ event: SimulatedJira.Event, _ jira: SimulatedJira) {
        log?.write(event.json.text + "\n")
        guard !isQuiet, let text = event.text(browsedAt: jira.baseURL, isStyled: isTerminal) else { return }
        FileDescriptorWriter.standardOutput.write(text + "\n")
    }
}

/// Unbuffered output: what is reported stands there even when the process is killed.
struct FileDescriptorWriter: Sendable {
    private let descriptor: CInt

    static let standardOutput = FileDescriptorWriter(descriptor: STDOUT_FILENO)

    static let standardError = FileDescriptorWriter(descriptor: STDERR_FILENO)

    private init(descriptor: CInt) { self.descriptor = descriptor }

    init(appendingTo path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ValidationError("cannot write to the log '\(path)': \(unsafe String(cString: strerror(errno)))")
        }
        self.descriptor = descriptor
    }

    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
