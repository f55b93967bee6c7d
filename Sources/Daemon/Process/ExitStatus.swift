/// How the process ends, so that scripts and systemd (`RestartPreventExitStatus=`) can tell a wrong configuration from a
/// database that is away. The numbers from 64 on are those of BSD's sysexits(3).
enum ExitStatus: Int32, Sendable {
    case done = 0
    /// A check found a problem.
    case problemFound = 1
    /// EX_USAGE: the command was not understood.
    case usage = 64
    /// EX_DATAERR: what was given to work on is not right.
    case badInput = 65
    /// EX_UNAVAILABLE: database or Jira cannot be reached.
    case unavailable = 69
    /// EX_NOPERM: credentials refused.
    case refused = 77
    /// EX_CONFIG.
    case configuration = 78
}
