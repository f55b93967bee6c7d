import Foundation
import Glibc
import Synchronization

/// A child process that can be killed, suspended and started again. Its output is appended to a file.
///
/// Its process id is kept in a file beside the log as long as it lives, so that the script that started all this can clean up.
package final class Program: Sendable {
    package let name: String
    package let logPath: String
    private let executable: String
    private let arguments: [String]
    private let pidPath: String
    private let process = Mutex<pid_t?>(nil)

    package init(name: String, executable: String, arguments: [String], directory: String) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        logPath = "\(directory)/\(name).log"
        pidPath = "\(directory)/\(name).pid"
    }

    package func start(environment: [String: String]) throws {
        try process.withLock { process in
            guard process == nil else { return }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, logPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
            posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
            // An inherited socket would keep alive what a cut link is meant to end.
            for descriptor in STDERR_FILENO + 1..<1_024 { posix_spawn_file_actions_addclose(&actions, descriptor) }
            // The threads of Dispatch block signals, and a child would inherit that.
            var attributes = posix_spawnattr_t()
            posix_spawnattr_init(&attributes)
            defer { posix_spawnattr_destroy(&attributes) }
            var none = sigset_t()
            sigemptyset(&none)
            posix_spawnattr_setsigmask(&attributes, &none)
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
            let words = [executable] + arguments
            let variables = environment.map { "\($0)=\($1)" }
            let argumentPointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
            let variablePointers: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
            defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
            var started = pid_t()
            let status = posix_spawn(&started, executable, &actions, &attributes, argumentPointers, variablePointers)
            guard status == 0 else {
                throw ConditionNotMet(
                    description: "\(executable) cannot be started: \(String(cString: strerror(status)))")
            }
            process = started
            try? "\(started)\n".write(toFile: pidPath, atomically: true, encoding: .utf8)
        }
    }

    package func send(_ signal: Int32) {
        process.withLock { if let process = $0 { kill(process, signal) } }
    }

    /// Nil while it runs. What ended is forgotten, and can be started again.
    package func reap() -> Int32? {
        process.withLock { process in
            guard let running = process else { return 0 }
            var status: Int32 = 0
            guard waitpid(running, &status, WNOHANG) == running else { return nil }
            process = nil
            try? FileManager.default.removeItem(atPath: pidPath)
            return status
        }
    }

    package var isRunning: Bool { process.withLock { $0 != nil } }

    /// Nil when it does not run.
    package var processID: pid_t? { process.withLock { $0 } }

    /// Sends the signal and waits for the end.
    /// - Returns: whether it came within the limit.
    package func end(_ signal: Int32, within limit: Duration = .seconds(60)) async -> Bool {
        send(signal)
        let deadline = ContinuousClock.now + limit
        while reap() == nil {
            guard ContinuousClock.now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return true
    }
}
