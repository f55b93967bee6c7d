import Jira

/// What the three witnesses say after a run: the queue with the ledger, Jira, and the audit log.
struct Evidence: Sendable {
    struct Job: Sendable {
        var id: Int
        var kind: String
        var customer: String
        var control: String
        var severity: String
        var state: String
        var lastError: String
    }

    struct Ticket: Sendable {
        var id: Int
        var control: String
        var state: String
        var fingerprint: String
        var issueID: String?
        var issueKey: String?
        var sends: Int
        var isInDoubt: Bool
        /// From the insert of the failure to the ticket.
        var seconds: Double?
    }

    struct Record: Sendable {
        var id: Int
        var job: Int
        var action: String
        var issueKey: String?
        var detail: JSONValue
    }

    struct Issue: Sendable {
        var id: String
        var key: String
        var fingerprint: String?
        var control: String?
        /// Each with the job that its property names.
        var comments: [(id: String, job: Int64?)]
    }

    /// What a restored backup took from Jira.
    struct Loss: Sendable {
        /// Issues that are no longer there, as they were. Their ids and keys may be others' by now.
        var issues: [Issue]
        /// Comments that are no longer there, of these and of other issues, by id.
        var comments: [String]
        /// Controls whose issue is not what it was: gone, open again, without its comments.
        var controls: Set<String>
    }

    var jobs: [Job]
    var tickets: [Ticket]
    var records: [Record]
    var issues: [Issue]
    var loss: Loss
    /// Comments that the ledger calls posted: their id in Jira, and the job.
    var postedComments: [(id: String, job: Int)]
    /// Comments that the ledger has not brought to an end.
    var openComments: Int
    /// Alerts by ticket and threshold that exist more than once, and tickets whose alerts are not those recorded.
    var wrongAlerts: [String]
    /// Requests that would have changed or deleted something in Jira.
    var violations: [String]

    static func gather(_ world: World) async throws -> Evidence {
        let jobs = try await world.rows(
            """
            SELECT s.id, s.kind, s.customer_id, j.payload ->> 'controlId', j.payload ->> 'severity', s.state, s.last_error
            FROM kushim_jira.job_status s JOIN kushim_jira.jobs j USING (id)
            WHERE s.kind IN ('compliance_failure', 'compliance_pass', 'notification') ORDER BY s.id
            """
        ).map { row in
            Job(
                id: int(row[0]), kind: row[1] ?? "", customer: row[2] ?? "", control: row[3] ?? "",
                severity: row[4] ?? "", state: row[5] ?? "", lastError: row[6] ?? "")
        }
        let tickets = try await world.rows(
            """
            SELECT t.id, t.control_id, t.state, t.fingerprint, t.issue_id, t.issue_key, t.sends, t.in_doubt,
                   extract(epoch FROM t.opened_at - j.created_at)
            FROM kushim_jira.tickets t LEFT JOIN kushim_jira.jobs j ON j.id = t.job_id ORDER BY t.id
            """
        ).map { row in
            Ticket(
                id: int(row[0]), control: row[1] ?? "", state: row[2] ?? "", fingerprint: row[3] ?? "", issueID: row[4],
                issueKey: row[5], sends: int(row[6]), isInDoubt: row[7] == "t", seconds: row[8].flatMap { Double($0) })
        }
        let records = try await world.rows(
            "SELECT id, coalesce(job_id, 0), action, issue_key, detail FROM kushim_jira.audit_log ORDER BY id"
        ).map { row in
            Record(
                id: int(row[0]), job: int(row[1]), action: row[2] ?? "", issueKey: row[3],
                detail: (try? JSONValue(parsing: Array((row[4] ?? "{}").utf8))) ?? .null)
        }
        let issues = try await world.simulator.issues().map(issue)
        return Evidence(
            jobs: jobs, tickets: tickets, records: records, issues: issues, loss: try await loss(world, issues),
            postedComments: try await world.rows(
                "SELECT comment_id, job_id FROM kushim_jira.comments WHERE state = 'posted'"
            ).map { ($0[0] ?? "", int($0[1])) },
            openComments: try await world.value(
                "SELECT count(*) FROM kushim_jira.comments WHERE state = 'intended' OR in_doubt"),
            wrongAlerts: try await wrongAlerts(world),
            violations: (try await world.simulator.counters()["violations"]?.arrayValue ?? []).compactMap(\.stringValue)
        )
    }

    private static func issue(_ issue: JSONValue) -> Issue {
        let mark = issue["properties"]?["kushim"]
        return Issue(
            id: issue["id"]?.text ?? "", key: issue["key"]?.stringValue ?? "",
            fingerprint: mark?["fingerprint"]?.stringValue ?? referred(toBy: issue),
            control: mark?["controlId"]?.stringValue ?? control(of: issue),
            comments: (issue["comments"]?.arrayValue ?? []).map { comment in
                (comment["id"]?.text ?? "", comment["properties"]?["kushim"]?["jobId"]?.integerValue)
            })
    }

    private static func loss(_ world: World, _ issues: [Issue]) async throws -> Loss {
        let (gone, setBack) = try await world.simulator.lost()
        let lost = gone.map(issue)
        let changed = setBack.map(issue)
        let kept = Dictionary(issues.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let comments = (lost + changed).flatMap { issue in
            let still = Set(
                kept[issue.id].map { $0.fingerprint == issue.fingerprint ? $0.comments.map(\.id) : [] } ?? [])
            return issue.comments.map(\.id).filter { !still.contains($0) }
        }
        return Loss(issues: lost, comments: comments, controls: Set((lost + changed).compactMap(\.control)))
    }

    /// Requests of a service desk have no property: their fingerprint stands in the description.
    private static func referred(toBy issue: JSONValue) -> String? {
        let description = issue["richText"]?["description"].map { "\($0)" } ?? ""
        return description.firstMatch(of: /Kushim reference: kushim([0-9a-f]{64})/).map { String($0.1) }
    }

    /// And their control, in the summary.
    private static func control(of issue: JSONValue) -> String? {
        issue["summary"]?.stringValue?.firstMatch(of: /^\[(.+?)\]/).map { String($0.1) }
    }

    private static func wrongAlerts(_ world: World) async throws -> [String] {
        let doubled = try await world.rows(
            """
            SELECT payload ->> 'ticketId', payload ->> 'threshold', payload ->> 'escalatedTo', count(*) FROM kushim_jira.jobs
            WHERE kind = 'sla_alert' GROUP BY 1, 2, 3 HAVING count(*) > 1
            """
        ).map { "ticket \($0[0] ?? "") has \($0[3] ?? "") alerts \($0[1] ?? "") \($0[2] ?? "")" }
        // A restored Jira gives a key again: several tickets may have it, and then a record's control tells whose it is.
        let missing = try await world.rows(
            """
            WITH planned AS (
                SELECT t.customer_id, t.control_id, t.issue_key, array_agg(t.id) AS tickets,
                       sum((SELECT count(*) FROM kushim_jira.jobs j
                            WHERE j.kind = 'sla_alert' AND j.payload ->> 'ticketId' = t.id::text)) AS jobs
                FROM kushim_jira.tickets t WHERE t.state <> 'refused' GROUP BY 1, 2, 3
            ), recorded AS (
                SELECT customer_id, control_id, issue_key, sum(jsonb_array_length(detail -> 'alerts')) AS alerts
                FROM kushim_jira.audit_log WHERE action IN ('sla.scheduled', 'ticket.escalated') GROUP BY 1, 2, 3
            )
            SELECT p.tickets, p.issue_key, p.jobs, r.alerts
            FROM planned p LEFT JOIN recorded r USING (customer_id, control_id, issue_key)
            """
        ).filter { $0[2] != $0[3] }
        return doubled
            + missing.map {
                "ticket \($0[0] ?? "") (\($0[1] ?? "-")) has \($0[2] ?? "") alerts, recorded: \($0[3] ?? "none")"
            }
    }

    private static func int(_ text: String?) -> Int { text.flatMap { Int($0) } ?? 0 }
}

extension JSONValue {
    /// An id that is written as a number or as a text.
    fileprivate var text: String? { stringValue ?? integerValue.map { String($0) } }
}
