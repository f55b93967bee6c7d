import FoundationEssentials

/// The whole state of the simulated Jira. One lock around it makes each request one instant.
struct Site: Sendable {
    let mode: SimulatedJira.Mode
    let cloudID: String
    /// Addresses without trailing slash; known once the port is bound.
    var siteURL = ""
    var settings: SimulatedJira.Settings
    var random: SeededRandom
    var users: [SimulatedUser]
    var credentials: [SimulatedCredential]

    var projects: [String: SimulatedProject] = [:]
    /// Keys in the order of creation; a project's id is 10000 plus its position.
    var projectOrder: [String] = []
    var lastNumber: [String: Int] = [:]

    var issues: [Int: SimulatedIssue] = [:]
    /// The first answer to each kind of request that made something; see the faults' body `earlier`.
    var firstAnswers: [SimulatedJira.Operation: SimulatedResponse] = [:]
    /// See the faults' body `swapped`: the first and second of them are each other's, the third and fourth, and so on.
    var swappedAnswers: [SimulatedJira.Operation: [SimulatedResponse]] = [:]
    /// Present and former keys.
    var issueIDs: [String: Int] = [:]
    var index = SearchIndex()
    var lastIssueID = 10_000
    var lastCommentID = 20_000
    var comments: [Int: (issueID: Int, position: Int)] = [:]

    var backup: Backup?
    /// As they were before a backup was restored in which they are not, or not as they were.
    var lostIssues: [SimulatedIssue] = []
    var setBackIssues: [SimulatedIssue] = []

    var failedSignIns = 0
    var buckets: [String: TokenBucket] = [:]
    var faults: FaultPlan
    var counters = SimulatedJira.Counters()
    var log: RequestLog
    /// What happened during the current call, to be told to whoever listens.
    var events: [SimulatedJira.Event] = []

    init(_ options: SimulatedJira.Options) {
        mode = options.mode
        cloudID = options.cloudID
        settings = options.settings
        random = SeededRandom(seed: options.seed)
        users = options.users
        credentials = options.credentials
        faults = FaultPlan(options.faults, seed: options.seed, at: options.now())
        log = RequestLog(limit: options.requestLogLimit)
        for project in options.projects { add(project) }
    }

    mutating func add(_ project: SimulatedProject) {
        if projects.updateValue(project, forKey: project.key) == nil { projectOrder.append(project.key) }
    }

    func projectID(_ key: String) -> String { "\(10_000 + (projectOrder.firstIndex(of: key) ?? 0))" }

    func project(idOrKey: String) -> SimulatedProject? {
        if let project = projects[idOrKey] { return project }
        guard let id = Int(idOrKey), projectOrder.indices.contains(id - 10_000) else { return nil }
        return projects[projectOrder[id - 10_000]]
    }

    /// An issue by id, key or former key; keys without regard to case, as Jira finds them.
    func issue(idOrKey: String) -> SimulatedIssue? {
        if let id = Int(idOrKey) { return issues[id] }
        return (issueIDs[idOrKey] ?? issueIDs[idOrKey.uppercased()]).flatMap { issues[$0] }
    }

    /// Stores a new state of an issue and queues it for the index.
    mutating func store(_ issue: SimulatedIssue, at now: Date) {
        issues[issue.id] = issue
        issueIDs[issue.key] = issue.id
        index.record(id: issue.id, version: issue.version, issue: issue, visibleAt: now + drawLag())
    }

    /// Queues the disappearance of a deleted issue from searches.
    mutating func recordDeletion(of issue: SimulatedIssue, at now: Date) {
        index.record(id: issue.id, version: issue.version + 1, issue: nil, visibleAt: now + drawLag())
    }

    /// Changes a stored issue.
    mutating func change(_ id: Int, at now: Date, _ body: (inout SimulatedIssue) -> Void) {
        guard var issue = issues[id] else { return }
        body(&issue)
        issue.version += 1
        issue.updated = now
        store(issue, at: now)
    }

    private mutating func drawLag() -> TimeInterval { settings.indexLag.draw(from: &random).seconds }

    func wording(for headers: SimulatedRequest) -> Wording {
        // Cloud only: the profile's language wins unless this header forces the other.
        let forced = mode == .cloud && headers.header("x-force-accept-language")?.lowercased() == "true"
        let english = forced && headers.header("accept-language")?.lowercased().hasPrefix("en") == true
        return Wording(language: english ? .english : settings.language, mode: mode)
    }
}
