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
        case .answers, .anonymous: "answers"
        }
    }

    /// Drawn by weight. What keeps a request on its way is short enough for the settling time, which is what is promised.
    static func draw(_ random: inout SeededRandom, isCloud: Bool) -> Fault {
        let daemon = Int.random(in: 0..<3, using: &random)
        let clock = [0, 0, -3_600, -90, 45, 300, 86_400][Int.random(in: 0..<7, using: &random)]
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<9: return .kill(daemon: daemon, downFor: random.duration(0...3_000), clock: clock)
        case 9..<18: return .suspend(daemon: daemon, for: random.duration(5_500...9_000))
        case 18..<21: return .terminate(daemon: daemon, clock: clock)
        case 21..<23: return .crashPostgres(downFor: random.duration(0...2_000))
        case 23..<30: return .cutDatabase(daemon: daemon)
        case 30..<34: return .stallDatabase(daemon: daemon, for: random.duration(500...8_000))
        case 34..<42: return .cutJira
        case 42..<45: return .stallJira(random.duration(500...2_500))
        case 45..<48: return .refuseJira(random.duration(300...2_000))
        case 48..<51: return .suspendJira(random.duration(500...2_500))
        case 51..<57:
            let lags = isCloud ? ["0s", "1s..5s", "2s..30s", "60s..180s"] : ["0s", "0s..1s"]
            return .indexLag(lags[Int.random(in: 0..<lags.count, using: &random)])
        case 57..<60:
            // Of looks for a ticket above all, whose emptiness would be believed.
            let looks = [
                "anonymous,operation=search,contains=labels in,count=3", "anonymous,operation=bulkFetchIssues,count=3",
            ]
            return .anonymous(random.chance(0.3) ? ["anonymous,count=3"] : looks)
        default: return .answers([answer(&random)])
        }
    }

    private static func answer(_ random: inout SeededRandom) -> String {
        let anywhere = [
            "status=429,retry-after=1s,count=8", "status=429,retry-after=2s,reason=jira-burst-based,count=5",
            "status=503,body=html,count=4", "delay-after=2500ms,count=3", "reset-before-commit,count=3",
            "truncate-after-commit,count=3",
        ]
        let lost = [
            "close-after-commit", "reset-after-commit", "truncate-after-commit", "malformed-after-commit",
            "status=502,committed=yes,body=html", "status=500,committed=yes", "hang-after-commit", "delay-after=2500ms",
            "close-before-commit", "reset-before-commit", "hang-before-commit", "status=503,body=html", "status=500",
            "delay-before=1s..3500ms",
        ]
        if random.chance(0.2) { return anywhere[Int.random(in: 0..<anywhere.count, using: &random)] }
        let operation = random.chance(0.8) ? "createIssue" : "addComment"
        let count = Int.random(in: 1...5, using: &random)
        let effect = lost[Int.random(in: 0..<lost.count, using: &random)]
        return "\(effect),operation=\(operation),count=\(count)"
    }
}
