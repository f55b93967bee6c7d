import FoundationEssentials
import Synchronization

extension SimulatedJira {
    package struct NotFound: Error, CustomStringConvertible {
        package var description: String
    }

    // MARK: What a person sees and does in Jira

    /// All issues, in the order of their creation, as they are now whatever the index shows.
    package var issues: [SimulatedIssue] {
        site.withLock { site in site.issues.values.sorted { $0.id < $1.id } }
    }

    /// An issue by id, key or former key.
    package func issue(_ idOrKey: String) -> SimulatedIssue? { site.withLock { $0.issue(idOrKey: idOrKey) } }

    /// All comments, in the order of their creation.
    package var comments: [SimulatedComment] { issues.flatMap(\.comments).sorted { $0.id < $1.id } }

    /// Moves an issue to a status: `To Do`, `In Progress`, `Done`, `Closed`, `Reopened`.
    ///
    /// - Parameter setsResolution: false for a workflow that sets none, so that Jira tells no date of it.
    @discardableResult
    package func transition(
        _ idOrKey: String, to status: String = "Done", resolution: String? = nil, setsResolution: Bool = true
    ) throws -> SimulatedIssue {
        guard let target = Status.named(status) else {
            let known = Status.all.map(\.name).joined(separator: ", ")
            throw NotFound(description: "there is no status '\(status)', only \(known)")
        }
        let now = options.now()
        return try edit(idOrKey) { issue in
            issue.statusChanges.append(StatusChange(at: now, from: issue.status, to: target))
            issue.status = target
            let isResolved = target.category == .done && setsResolution
            issue.resolution = isResolved ? resolution ?? "Done" : nil
            issue.resolved = isResolved ? now : nil
        }
    }

    /// Moves an issue to another project: it gets a new key and still answers under the old one.
    @discardableResult
    package func move(_ idOrKey: String, to projectKey: String) throws -> SimulatedIssue {
        let now = options.now()
        return try site.withLock { site in
            guard let issue = site.issue(idOrKey: idOrKey) else { throw Self.noIssue(idOrKey) }
            guard site.projects[projectKey] != nil else {
                throw NotFound(description: "there is no project '\(projectKey)'")
            }
            let number = site.lastNumber[projectKey, default: 0] + 1
            site.lastNumber[projectKey] = number
            site.change(issue.id, at: now) { issue in
                issue.formerKeys.append(issue.key)
                issue.projectKey = projectKey
                issue.number = number
            }
            return site.issues[issue.id] ?? issue
        }
    }

    /// Makes a copy with the same fields, labels and properties, as Jira's "Clone" does.
    @discardableResult
    package func clone(_ idOrKey: String) throws -> SimulatedIssue {
        let now = options.now()
        return try site.withLock { site in
            guard var copy = site.issue(idOrKey: idOrKey) else { throw Self.noIssue(idOrKey) }
            copy.origin = .clone
            copy.summary = "CLONE - \(copy.summary)"
            (copy.created, copy.updated, copy.resolved, copy.resolution) = (now, now, nil, nil)
            (copy.status, copy.comments, copy.formerKeys, copy.version) = (.toDo, [], [], 1)
            copy.statusChanges = []
            return deliver(&site) { $0.insert(copy, at: now) }
        }
    }

    package func delete(_ idOrKey: String) throws {
        let now = options.now()
        try site.withLock { site in
            guard let issue = site.issue(idOrKey: idOrKey) else { throw Self.noIssue(idOrKey) }
            site.remove(issue, at: now)
        }
    }

    /// Changes an issue as a person would: labels, summary, due date, anything.
    @discardableResult
    package func edit(_ idOrKey: String, _ body: (inout SimulatedIssue) -> Void) throws -> SimulatedIssue {
        let now = options.now()
        return try site.withLock { site in
            guard let issue = site.issue(idOrKey: idOrKey) else { throw Self.noIssue(idOrKey) }
            site.change(issue.id, at: now, body)
            return site.issues[issue.id] ?? issue
        }
    }

    /// Makes an issue by hand, without the checks of the API.
    @discardableResult
    package func createIssue(
        project: String, summary: String, type: String = "Task", labels: [String] = [], description: RichText? = nil,
        properties: [String: JSON] = [:]
    ) throws -> SimulatedIssue {
        let now = options.now()
        return try site.withLock { site in
            guard let found = site.projects[project] else {
                throw NotFound(description: "there is no project '\(project)'")
            }
            guard let type = found.issueTypes.first(where: { $0.name == type }) else {
                throw NotFound(description: "there is no issue type '\(type)' in \(project)")
            }
            var issue = SimulatedIssue(
                id: 0, projectKey: project, number: 0, type: type, summary: summary, priority: found.defaultPriority,
                labels: labels, reporter: .jane, created: now, updated: now, origin: .hand)
            issue.richFields["description"] = description
            issue.properties = properties
            return deliver(&site) { $0.insert(issue, at: now) }
        }
    }

    /// Comments as Jane Doe.
    @discardableResult
    package func comment(_ idOrKey: String, _ text: String) throws -> SimulatedComment {
        let now = options.now()
        return try site.withLock { site in
            guard let issue = site.issue(idOrKey: idOrKey) else { throw Self.noIssue(idOrKey) }
            return deliver(&site) {
                $0.store(comment: .wiki(text), properties: [:], on: issue, by: .jane, at: now)
            }
        }
    }

    // MARK: What an administrator sets

    package var projects: [SimulatedProject] {
        site.withLock { site in site.projectOrder.compactMap { site.projects[$0] } }
    }

    package func add(project: SimulatedProject) { site.withLock { $0.add(project) } }

    /// Changes a project: required and hidden fields, priorities, types, permissions, archived.
    package func update(project key: String, _ body: (inout SimulatedProject) -> Void) throws {
        try site.withLock { site in
            guard var project = site.projects[key] else { throw NotFound(description: "there is no project '\(key)'") }
            body(&project)
            site.projects[key] = project
        }
    }

    package var settings: Settings { site.withLock { $0.settings } }

    package func update(settings body: (inout Settings) -> Void) {
        site.withLock { site in
            body(&site.settings)
            if !site.settings.captchaIsShown { site.failedSignIns = 0 }
        }
    }

    /// Replaces who may sign in and how: an expired token is one that is no longer here.
    package func set(credentials: [SimulatedCredential]) { site.withLock { $0.credentials = credentials } }

    package func backUp() { site.withLock { $0.backup = $0.backedUp() } }

    /// Back to the state of the last backup: ids and keys that were given since are given again.
    package func restore() throws {
        try site.withLock { site in
            guard let backup = site.backup else { throw NotFound(description: "there is no backup; make one first") }
            site.restore(backup)
        }
    }

    /// What restored backups took away, as it was.
    package var lostIssues: [SimulatedIssue] { site.withLock { $0.lostIssues } }

    /// What restored backups set back, as it was.
    package var setBackIssues: [SimulatedIssue] { site.withLock { $0.setBackIssues } }

    // MARK: Faults and looking

    package var faults: [Fault] { site.withLock { $0.faults.faults } }

    package func add(fault: Fault) {
        let now = options.now()
        site.withLock { $0.faults.add(fault, at: now) }
    }

    /// Adds a fault written as ``Fault`` shows.
    package func add(fault text: String) throws { add(fault: try Fault(parsing: text)) }

    package func clearFaults() { site.withLock { $0.faults.clear() } }

    package var counters: Counters {
        var counters = site.withLock { $0.counters }
        counters.connectionsOpened = connections.opened
        counters.connectionsOpen = connections.open
        return counters
    }

    /// The latest requests, oldest first; those in progress are not among them.
    package var requests: [RequestRecord] { site.withLock { Array($0.log.latest) } }

    /// Makes every change visible to searches at once.
    package func catchUpIndex() { site.withLock { $0.index.settle(at: .distantFuture) } }

    /// How many changes searches do not show yet.
    package var unindexedChanges: Int {
        let now = options.now()
        return site.withLock { site in
            site.index.settle(at: now)
            return site.index.pendingCount
        }
    }

    /// Back to the state at the start: no issues, the first settings, faults and projects.
    package func reset() {
        site.withLock { site in
            let url = site.siteURL
            site = Site(options)
            site.siteURL = url
        }
    }

    private static func noIssue(_ idOrKey: String) -> NotFound {
        NotFound(description: "there is no issue '\(idOrKey)'")
    }

    private func deliver<Result>(_ site: inout Site, _ body: (inout Site) -> Result) -> Result {
        let result = body(&site)
        for event in site.events { options.onEvent?(event) }
        site.events = []
        return result
    }
}

extension Site {
    mutating func remove(_ issue: SimulatedIssue, at now: Date) {
        issues[issue.id] = nil
        for key in [issue.key] + issue.formerKeys { issueIDs[key] = nil }
        for comment in issue.comments { comments[comment.id] = nil }
        recordDeletion(of: issue, at: now)
    }
}
