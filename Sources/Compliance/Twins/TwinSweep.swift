package import HTTP
package import Jira
package import Logging
package import Postgres
import ServiceLifecycle

/// Looks, an hour after a ticket was opened and daily from then on, for other issues that carry its mark: clones that somebody
/// made in Jira, or a double that the protocol should have prevented. They are told to people and left alone.
///
/// Many tickets share one search. What is read is the index: a daily sweep need not be fresh.
package struct TwinSweep: Service {
    private let pool: PostgresPool
    private let http: HTTPClient
    private let actor: String
    private let connection: @Sendable () -> JiraConnection?
    private let gates: Gates
    private let logger: Logger

    /// Marks in one search.
    static let batch = 50

    /// - Parameters:
    ///   - actor: for the audit log.
    ///   - connection: of the environment; nil where there is none, or none is known yet.
    package init(
        pool: PostgresPool, http: HTTPClient, actor: String, logger: Logger,
        connection: @escaping @Sendable () -> JiraConnection?
    ) {
        self.pool = pool
        self.http = http
        self.actor = actor
        self.connection = connection
        self.logger = logger
        gates = Gates(pool: pool, timing: GateTiming(), actor: "", logger: logger)
    }

    /// Until graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var wasFull = false
                do {
                    wasFull = try await pass() == Self.batch
                } catch {
                    logger.debug("could not look for twins", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: wasFull ? .seconds(2) : .seconds(60))
            }
        }
    }

    /// Sweeps the tickets whose turn it is.
    /// - Returns: how many they were.
    func pass() async throws -> Int {
        guard let connection = connection(), try await isOpen(.site(connection)) else { return 0 }
        let tickets = try await pool.execute(TakeTicketsToSweep(limit: Int64(Self.batch))).compactMap { $0 }
        guard !tickets.isEmpty else { return 0 }
        try await record(try await findings(tickets, connection))
        return tickets.count
    }

    /// Sweeps every open ticket now, for a person who asks. Gates are not heeded.
    /// - Returns: how many there are, and those with twins.
    package func sweepAll() async throws -> (tickets: Int, found: [Finding]) {
        guard let connection = connection() else { return (0, []) }
        var count = 0
        var found: [Finding] = []
        var last: Int64 = 0
        while true {
            let tickets = try await pool.execute(ListTicketsToSweep(after: last, limit: Int64(Self.batch)))
                .compactMap { $0 }
            guard let end = tickets.last else { return (count, found) }
            let findings = try await findings(tickets, connection)
            try await record(findings)
            found += findings.filter { !$0.twins.isEmpty }
            count += tickets.count
            last = end.id
        }
    }

    /// A site that is shut is left alone, and its probe left to the jobs.
    private func isOpen(_ site: GateScope) async throws -> Bool {
        do {
            let admission = try await gates.admit([site])
            let isProbe = admission.isProbe(of: site)
            await gates.release(admission)
            return !isProbe
        } catch is NotNow {
            return false
        }
    }

    /// What the database refuses for one ticket (another session has locked it) must not be the others' loss: then each by itself.
    private func record(_ findings: [Finding]) async throws {
        do {
            try await recordTogether(findings)
        } catch let error as PostgresError where findings.count > 1 && (error.isLockTimeout || !error.isRetryable) {
            for finding in findings {
                do {
                    try await recordTogether([finding])
                } catch {
                    logger.warning(
                        "cannot record whether a ticket has twins; it is looked at again later",
                        metadata: ["issue": "\(finding.issueKey)", "error": "\(error)"])
                }
            }
        }
    }

    private func recordTogether(_ findings: [Finding]) async throws {
        let byTicket = Dictionary(findings.map { ($0.ticket.id, $0) }, uniquingKeysWith: { first, _ in first })
        for row in try await pool.execute(RecordTwins(findings: findings, actor: actor)) {
            guard let finding = byTicket[row.ticketID] else { continue }
            let metadata: Logger.Metadata = [
                "issue": "\(finding.issueKey)", "control": "\(finding.ticket.controlID)",
                "customer": "\(finding.ticket.customerID)", "twins": "\(finding.twins.joined(separator: " "))",
            ]
            if row.hasNewTwins, !finding.twins.isEmpty {
                logger.warning("other issues carry a ticket's mark; close those that nobody needs", metadata: metadata)
            }
            if row.wasMoved {
                logger.notice("a ticket was moved; the ledger has its new key", metadata: metadata)
            }
        }
    }

    /// What Jira's index has of these tickets.
    private func findings(_ tickets: [SweptTicket], _ connection: JiraConnection) async throws(JiraError) -> [Finding] {
        let client = JiraClient(connection: connection, http: http, logger: logger)
        let marks = tickets.map(\.known.mark)
        let fields = marks.fieldsToRead
        let search = SearchIssues(jql: marks.jql, fields: fields, pageSize: JiraIssue.mostInAnswer(with: fields))
        let issues = try await client.all(search)
        return tickets.map { ticket in
            let carriers = issues.filter(ticket.known.mark.isShown)
            // Of a ticket that the customer moved away from, what carries its mark here is no twin but its import.
            let own = carriers.first { $0.id == ticket.known.reference.id }
            // Nor of one whose own issue is not known yet: it may be that.
            let isHere =
                own != nil || !ticket.known.isAtAnotherSite(than: connection) && !ticket.known.reference.isStandIn
            let twins =
                isHere ? carriers.filter { $0.id != ticket.known.reference.id }.sorted(by: JiraIssue.isOlder) : []
            let issue = own.map { IssueReference($0, at: connection) } ?? ticket.known.reference
            return Finding(ticket: ticket, issueKey: issue.key, issueURL: issue.url, twins: twins.map(\.key))
        }
    }

    /// A ticket as the sweep saw it.
    package struct Finding: Sendable {
        let ticket: SweptTicket
        /// As it is now: issues can be moved.
        package let issueKey: String
        let issueURL: String
        /// The keys of other issues that carry its mark, the oldest first.
        package let twins: [String]

        package var controlID: String { ticket.controlID }
        package var customerID: String { ticket.customerID }
    }
}
