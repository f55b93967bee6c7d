import TestSupport

/// What can go wrong, with how it is drawn.
enum Fault: Sendable {
    case kill(daemon: Int, downFor: Duration, clock: Int)
    case suspend(daemon: Int, for: Duration)
    case terminate(daemon: Int, clock: Int)
    case crashPostgres(downFor: Duration)
    case cutDatabase(daemon: Int)
    case stallDatabase(daemon: Int, for: Duration)
    case cutJira
    case stallJira(Duration)
    case refuseJira(Duration)
    case suspendJira(Duration)
    case indexLag(String)
    /// Of Jira's own, as the simulator writes them.
    case answers([String])
    /// Jira takes us for nobody; an operator notices, and has the connection tried again.
    case anonymous([String])
    /// The same for all looks for a ticket, so long that the last look at a request in doubt is among them.
    case blindLooks(Duration)
    /// What stands before Jira answers in its own words.
    case intermediary(String)
    /// A statement that gives a role or the database a setting.
    case setting(String)
    /// A daemon's role may only read.
    case readOnly(daemon: Int, for: Duration)
    case failOver
    /// Seconds by which PostgreSQL's clock is wrong from now on.
    case clock(Int)
    case publication(for: Duration)
    /// Jira is as it was so long ago.
    case restoreJira(Duration)

    var name: String {
        switch self {
        case .kill: "daemon killed (SIGKILL)"
        case .suspend: "daemon suspended longer than its lease"
        case .terminate: "daemon stopped (SIGTERM)"
        case .crashPostgres: "PostgreSQL crashed"
        case .cutDatabase: "connections to PostgreSQL reset"
        case .stallDatabase: "connections to PostgreSQL silent"
        case .cutJira: "connections to Jira reset"
        case .stallJira: "connections to Jira silent"
        case .refuseJira: "Jira refuses connections"
        case .suspendJira: "Jira suspended"
        case .indexLag: "search index lags"
        case .blindLooks: "all looks anonymous for longer than the settling time"
        case .answers, .anonymous, .intermediary: "answers"
        case .setting: "setting of a role or the database"
        case .readOnly: "role may only read"
        case .failOver: "standby promoted"
        case .clock: "clock of PostgreSQL set"
        case .publication: "publication of all tables"
        case .restoreJira: "Jira restored from a backup"
        }
    }

    var kind: FaultKind {
        switch self {
        case .kill, .suspend, .terminate: .daemons
        case .crashPostgres, .cutDatabase, .stallDatabase: .database
        case .cutJira, .stallJira, .refuseJira, .suspendJira: .network
        case .indexLag: .lag
        case .answers: .answers
        case .anonymous, .blindLooks: .anonymous
        case .intermediary: .intermediary
        case .setting, .readOnly: .settings
        case .failOver: .standby
        case .clock: .clock
        case .publication: .publication
        case .restoreJira: .restore
        }
    }

    /// Drawn by weight. What keeps a request on its way is short enough for the settling time, which is what is promised.
    static func draw(_ random: inout SeededRandom, isCloud: Bool) -> Fault {
        let daemon = Int.random(in: 0..<3, using: &random)
        let clock = [0, 0, -3_600, -90, 45, 300, 86_400][Int.random(in: 0..<7, using: &random)]
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<12: return .kill(daemon: daemon, downFor: random.duration(0...3_000), clock: clock)
        case 12..<22:
            // Until others have taken over its jobs, or even until nothing of its own is in doubt for them any more.
            return .suspend(daemon: daemon, for: random.duration(random.chance(0.5) ? 8_000...13_000 : 18_000...24_000))
        case 22..<26: return .terminate(daemon: daemon, clock: clock)
        case 26..<33: return .crashPostgres(downFor: random.duration(0...1_500))
        case 33..<43: return .cutDatabase(daemon: daemon)
        case 43..<52: return .stallDatabase(daemon: daemon, for: random.duration(500...6_000))
        case 52..<57: return .cutJira
        case 57: return .stallJira(random.duration(500...2_500))
        case 58: return .refuseJira(random.duration(300...1_500))
        case 59: return .suspendJira(random.duration(500...2_500))
        case 60..<68:
            let lags = isCloud ? ["0s", "1s..5s", "2s..30s", "60s..180s"] : ["0s", "0s..1s"]
            return .indexLag(lags[Int.random(in: 0..<lags.count, using: &random)])
        case 68, 69:
            return .anonymous(random.chance(0.2) ? ["anonymous,count=2"] : looks.map { "\($0),count=2" })
        default: return .answers([answer(&random)])
        }
    }

    /// Whose emptiness would be believed.
    static let looks = [
        "anonymous,operation=search,contains=labels in", "anonymous,operation=bulkFetchIssues",
        "anonymous,operation=getIssue",
    ]

    /// In every other seed, early, since it keeps everything waiting.
    static func blindness(_ random: inout SeededRandom) -> (after: Duration, time: Duration)? {
        let drawn = (random.duration(2_000...6_000), random.duration(16_000...20_000))
        return random.chance(0.5) ? drawn : nil
    }

    /// What goes wrong with one request in four that changes something, all the time.
    static func standing(_ random: inout SeededRandom) -> [String] {
        lost.flatMap { effect in
            ["createIssue", "bulkCreateIssues", "createRequest", "addComment"].map { operation in
                "\(effect),operation=\(operation),probability=0.02,seed=\(UInt32.random(in: 1...UInt32.max, using: &random))"
            }
        }
    }

    private static let lost = [
        "close-after-commit", "reset-after-commit", "truncate-after-commit", "malformed-after-commit",
        "status=502,committed=yes,body=html", "status=500,committed=yes", "hang-after-commit", "delay-after=2500ms",
        "close-before-commit", "reset-before-commit", "hang-before-commit", "status=503,body=html", "status=500",
        "delay-before=1s..3500ms",
    ]

    private static func answer(_ random: inout SeededRandom) -> String {
        let anywhere = [
            "status=429,retry-after=1s,count=2", "status=429,retry-after=1s,reason=jira-burst-based,count=2",
            "status=503,body=html,count=1", "delay-after=2500ms,count=1", "reset-before-commit,count=1",
            "truncate-after-commit,count=1",
        ]
        if random.chance(0.2) { return anywhere[Int.random(in: 0..<anywhere.count, using: &random)] }
        // Bursts of one kind.
        let count = Int.random(in: 2...5, using: &random)
        let operation = ["createIssue", "createIssue", "bulkCreateIssues", "createRequest"][
            Int.random(in: 0...3, using: &random)]
        return "\(lost[Int.random(in: 0..<lost.count, using: &random)]),operation=\(operation),count=\(count)"
    }
}
