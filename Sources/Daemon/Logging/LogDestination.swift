import Glibc
import Logging

extension LogLine.Style {
    /// JSON if asked for; priorities where the journal reads; else text, coloured on a terminal.
    static func chosen(_ format: LogSettings.Format, _ environment: [String: String]) -> LogLine.Style {
        if format == .json { return .json }
        if standardErrorIsJournal(environment) { return .journal }
        return .text(isColored: TerminalStyle.standardError(environment).isColored)
    }

    /// `$JOURNAL_STREAM` names the journal's socket as DEVICE:INODE; it is ours to use only if standard error still is that
    /// socket and was not redirected since (systemd.exec(5)).
    private static func standardErrorIsJournal(_ environment: [String: String]) -> Bool {
        guard let stream = environment["JOURNAL_STREAM"] else { return false }
        var status = stat()
        guard unsafe fstat(STDERR_FILENO, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }
}
