import FoundationEssentials
import Jira

/// Looks for the issues of several doubts in one project by reading it key by key.
///
/// Jira numbers the issues of a project in sequence, and reads by key are no index reads: what search cannot show yet stands
/// after the newest issue that was known before the request. Numbers without a visible issue end nothing, for issues are
/// deleted, moved and hidden: the scan ends where so many numbers in a row are empty *behind* the newest issue that anybody
/// knows of now.
struct KeyScan {
    let project: String
    let doubts: [Doubt]
    let frontier: ProjectFrontier
    let pace: Pace
    /// Before the next look, where nobody could tell.
    let pause: Duration

    func sightings() async -> [Result<Sighting?, any Error>] {
        guard let asker = doubts.map(\.asker).spokesman else { return [] }
        let newest: Int64
        do {
            newest = try await frontier.newest(of: project, asker)
        } catch {
            let reason = unknowable(error)
            return doubts.map { _ in .failure(reason) }
        }
        // One that was sent long ago has a long way to go, which would keep the others waiting.
        let far = doubts.indices.filter { newest - lastSeen(doubts[$0]) > pace.longest }
        let near = doubts.indices.filter { !far.contains($0) }
        var results: [Int: Result<Sighting?, any Error>] = [:]
        for group in [near, far] where !group.isEmpty {
            let wanted = group.map { doubts[$0] }
            do {
                let issues = try await issues(wanted, newest: newest, isFar: group == far, asker)
                for place in group { results[place] = .success(doubts[place].sighting(among: issues, foundBy: .key)) }
            } catch {
                for place in group { results[place] = .failure(error) }
            }
        }
        return doubts.indices.map { results[$0] ?? .success(nil) }
    }

    /// What was found up to the issues wanted, or up to where there can be none.
    private func issues(
        _ wanted: [Doubt], newest: Int64, isFar: Bool, _ asker: Asker
    ) async throws -> [JiraIssue] {
        let start = (wanted.map(lastSeen).min() ?? 0) + 1
        let sentLast = wanted.map(\.sentAt).max() ?? .distantFuture
        var found: [JiraIssue] = []
        var first = start
        // The index may lag behind what was known before a request.
        var end = max(newest, wanted.map(lastSeen).max() ?? 0) + pace.quiet
        while first <= end {
            guard first - start < pace.longest + pace.quiet else {
                throw NotNow(
                    wait: pause * 10,
                    reason: "a ticket may have been created, and \(project) has had more than \(pace.longest) issues"
                        + " since: it cannot be told whether one of them is it")
            }
            let numbers = first..<first + pace.step
            let some = try await asker.issues(
                numbers.map { "\(project)-\($0)" }, fields: wanted.fieldsForSighting)
            first = numbers.upperBound
            if some.isEmpty { continue }
            found += some
            if wanted.allSatisfy({ $0.sighting(among: found, foundBy: .key) != nil }) { break }
            // No request lives for a day, and no two clocks are a day apart.
            if isFar, some.allSatisfy({ ($0.created ?? .distantPast).timeIntervalSince(sentLast) > 86_400 }) { break }
            end = max(end, numbers.upperBound - 1 + pace.quiet)
        }
        return found
    }

    private func lastSeen(_ doubt: Doubt) -> Int64 { doubt.episode.lastIssueSeen ?? 0 }

    /// Without the project's newest issue, the absence of issues is no proof: perhaps they are hidden.
    private func unknowable(_ error: any Error) -> any Error {
        if let error = error as? UnreadableIssueKey {
            return NotNow(
                wait: pause,
                reason: "a ticket may have been created in \(project), whose newest issue has the key"
                    + " \"\(error.key.prefix(40))\", which has no number of Jira's: check what answers at that address")
        }
        guard let error = error as? JiraError else { return error }
        switch error.kind {
        case .invalid, .forbidden, .notFound:
            return NotNow(
                wait: pause,
                reason: "a ticket may have been created in \(project), which cannot be searched: \(error.sentence)"
                    + " Let the account browse the project.")
        default: return error
        }
    }
}

/// How a project is read by key.
struct Pace: Sendable {
    /// Keys a time: one request on Cloud, as many as keys on Data Center.
    var step: Int64
    /// Numbers in a row without an issue behind the newest that is known.
    var quiet: Int64
    /// The most numbers of one scan.
    var longest: Int64

    static func of(_ deployment: JiraConnection.Deployment) -> Pace {
        switch deployment {
        case .cloud: Pace(step: Int64(BulkFetchIssues.maximumCount), quiet: 200, longest: 20_000)
        case .dataCenter: Pace(step: 20, quiet: 20, longest: 2_000)
        }
    }
}
