import Jira

/// Compares what the witnesses say. It shares nothing with the product's own notion of what is right.
struct Judge {
    let evidence: Evidence
    let workload: Workload.State

    struct Verdict: Sendable {
        /// Failures without an end, and controls without an issue.
        var lost: [String] = []
        /// Controls and fingerprints with more than one issue; comments that were posted twice.
        var doubled: [String] = []
        /// Where two witnesses disagree.
        var contradictions: [String] = []

    }

    func verdict() -> Verdict {
        var verdict = Verdict()
        judgeFailures(&verdict)
        judgeIssues(&verdict)
        judgeLedger(&verdict)
        judgeRecords(&verdict)
        judgeComments(&verdict)
        verdict.contradictions += evidence.wrongAlerts
        verdict.contradictions += evidence.violations.map { "a request that changes something in Jira: \($0)" }
        return verdict
    }

    private static let endings: Set<String> = [
        "ticket.created", "ticket.adopted", "ticket.deduplicated", "ticket.skipped",
    ]

    private var failures: [Evidence.Job] { evidence.jobs.filter { $0.kind == "compliance_failure" } }

    private func judgeFailures(_ verdict: inout Verdict) {
        let expected = workload.inserted + workload.failedAgain.count
        if failures.count != expected {
            verdict.lost.append("\(expected) failures were inserted, and the queue knows \(failures.count)")
        }
        let endings = Dictionary(grouping: evidence.records.filter { Self.endings.contains($0.action) }, by: \.job)
        for job in evidence.jobs where job.state != "completed" {
            verdict.lost.append("\(job.kind) \(job.id) (\(job.control)) is \(job.state): \(job.lastError)")
        }
        for job in failures where job.state == "completed" {
            let found = endings[job.id] ?? []
            if found.isEmpty {
                verdict.lost.append("failure \(job.id) (\(job.control)) has no ending in the audit log")
            }
            if found.count > 1 {
                verdict.contradictions.append(
                    "failure \(job.id) (\(job.control)) has \(found.count) endings: \(found.map(\.action))")
            }
        }
    }

    private func judgeIssues(_ verdict: inout Verdict) {
        let tickets = Dictionary(evidence.tickets.map { ($0.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
        for (control, issues) in Dictionary(grouping: evidence.issues, by: \.control) where issues.count > 1 {
            verdict.doubled.append("\(control ?? "an issue without a mark") has \(issues.map(\.key))")
        }
        let controlsWithIssue = Set(evidence.issues.compactMap(\.control))
        let wanted = Set(failures.filter { $0.severity != "low" }.map(\.control))
        for control in wanted.subtracting(controlsWithIssue).subtracting(lostControls).sorted() {
            verdict.lost.append("\(control) has no issue in Jira")
        }
        for control in controlsWithIssue.subtracting(wanted).sorted() {
            verdict.contradictions.append("\(control) has an issue in Jira and should have none")
        }
        for issue in evidence.issues {
            guard let fingerprint = issue.fingerprint, let ticket = tickets[fingerprint] else {
                verdict.contradictions.append("\(issue.key) is in Jira and not in the ledger")
                continue
            }
            if ticket.issueID != issue.id || ticket.issueKey != issue.key {
                verdict.contradictions.append(
                    "\(issue.key): the ledger has \(ticket.issueKey ?? "no key") for its fingerprint")
            }
        }
    }

    /// Of an issue that a restored Jira has no longer. The ledger cannot know before it is asked for it again.
    private var lostFingerprints: Set<String> { Set(evidence.loss.issues.compactMap(\.fingerprint)) }

    private var lostControls: Set<String> { Set(evidence.loss.issues.compactMap(\.control)) }

    private func judgeLedger(_ verdict: inout Verdict) {
        let keys = Set(evidence.issues.map(\.key))
        let lost = lostFingerprints
        for ticket in evidence.tickets where ticket.state != "refused" && !lost.contains(ticket.fingerprint) {
            guard let key = ticket.issueKey else {
                verdict.contradictions.append(
                    "ticket \(ticket.id) (\(ticket.control)) is \(ticket.state) and has no key")
                continue
            }
            if !keys.contains(key) { verdict.contradictions.append("\(key) is in the ledger and not in Jira") }
            if ticket.isInDoubt { verdict.contradictions.append("\(key) is still in doubt") }
        }
    }

    private func judgeRecords(_ verdict: inout Verdict) {
        let keys = Set(evidence.issues.map(\.key))
        let born = evidence.records.filter { $0.action == "ticket.created" || $0.action == "ticket.adopted" }
        let lost = Dictionary(grouping: evidence.loss.issues, by: \.key).mapValues(\.count)
        for (key, records) in Dictionary(grouping: born, by: \.issueKey) {
            // Each issue of that key that was lost may have been recorded; that it was is not certain.
            if let key, let former = lost[key], records.count <= former + (keys.contains(key) ? 1 : 0) { continue }
            guard let key, keys.contains(key) else {
                verdict.contradictions.append(
                    "audit record \(records[0].id) names \(key ?? "no issue"), which Jira has not")
                continue
            }
            if records.count > 1 {
                verdict.contradictions.append(
                    "\(key) was created or adopted \(records.count) times, says the audit log")
            }
        }
        let recorded = Set(born.compactMap(\.issueKey))
        for key in keys.subtracting(recorded).sorted() {
            verdict.contradictions.append("\(key) is in Jira, and no audit record says that it was made")
        }
    }

    private func judgeComments(_ verdict: inout Verdict) {
        let inJira = evidence.issues.flatMap { issue in issue.comments.map { (key: issue.key, id: $0.id, job: $0.job) }
        }
        for (job, comments) in Dictionary(grouping: inJira, by: { $0.job }) where comments.count > 1 {
            verdict.doubled.append(
                "job \(job.map { "\($0)" } ?? "unknown") posted \(comments.map { "\($0.key)/\($0.id)" })")
        }
        let records = evidence.records.filter { $0.action == "ticket.commented" }
        var recorded = records.compactMap { $0.detail["commentId"]?.stringValue }
        let ids = Set(inJira.map(\.id))
        for comment in evidence.loss.comments {
            if let place = recorded.firstIndex(of: comment),
                recorded.count(where: { $0 == comment }) > (ids.contains(comment) ? 1 : 0)
            {
                recorded.remove(at: place)
            }
        }
        if Set(recorded) != ids || recorded.count != ids.count {
            verdict.contradictions.append(
                "comments in Jira \(ids.sorted()) and in the audit log \(recorded.sorted()) are not the same")
        }
        if Set(evidence.postedComments.map(\.id)).subtracting(evidence.loss.comments)
            != ids.subtracting(evidence.loss.comments)
        {
            verdict.contradictions.append("comments in Jira and in the ledger are not the same")
        }
        if evidence.openComments > 0 {
            verdict.contradictions.append("\(evidence.openComments) comments were begun and not brought to an end")
        }
        let byControl = Dictionary(
            evidence.issues.map { ($0.control ?? "", $0.comments.count) }, uniquingKeysWith: +)
        let keys = Dictionary(evidence.issues.map { ($0.key, $0.control ?? "") }) { first, _ in first }
        let escalations = evidence.records.filter { $0.action == "ticket.escalated" }
            .reduce(into: [:]) { $0[keys[$1.issueKey ?? ""] ?? "", default: 0] += 1 }
        for control in workload.passed
        where byControl[control.id] != 1 + (escalations[control.id] ?? 0)
            && !evidence.loss.controls.contains(control.id)
        {
            verdict.contradictions.append("\(control.id) passed once and has \(byControl[control.id] ?? 0) comments")
        }
        let mayHaveOne = Set((workload.passed + workload.failedAgain).map(\.id))
        for (control, count) in byControl {
            let allowed = (mayHaveOne.contains(control) ? 1 : 0) + (escalations[control] ?? 0)
            if count > allowed { verdict.contradictions.append("\(control) has \(count - allowed) comments too many") }
        }
    }
}
