import Postgres
import TestSupport
import Testing

@testable import Compliance

/// Every statement stands on the schema as it is migrated.
@Suite("Statements")
struct StatementTests {
    private static let all: [(String, String)] = [
        named(FindEpisodes.self), named(OpenEpisodes.self), named(FindTakenIssues.self), named(TakeOverEpisode.self),
        named(MarkSent.self),
        named(CommitDurably.self), named(OpenTickets.self), named(ClearDoubts.self), named(GiveUpEpisodes.self),
        named(CountFailures.self), named(NotePasses.self), named(EndTickets.self), named(InsertAuditRecords.self),
        named(ReadGates.self), named(ClaimProbe.self), named(ReleaseProbe.self), named(ShutGates.self),
        named(OpenGate.self), named(OpenForsakenGates.self), named(ReadBlock.self), named(ReadHeld.self),
        named(ProbeGatesNow.self), named(ListTickets.self),
        named(ListAuditEntries.self),
        named(RecordAdminAction.self), named(ReadCustomer.self), named(FindPassedTicket.self),
        named(MarkCommentSent.self), named(TakeOverComment.self), named(ReopenTicket.self), named(RaiseAlerts.self),
        named(AlertIsRaised.self), named(ReadMessage.self), named(MarkMessageSent.self), named(SettleMessages.self),
        named(SettleComments.self), named(ReadTicket.self), named(CountDoubts.self),
        named(Invariants.FailuresWithoutOneEnding.self), named(Invariants.ForsakenEpisodes.self),
        named(Invariants.DoubledEpisodes.self), named(TakeTicketsToSweep.self), named(ListTicketsToSweep.self),
        named(RecordTwins.self), named(PauseCustomer.self), named(ResumeCustomer.self), named(CustomerIsKnown.self),
        named(ListCustomerConnections.self), named(ListGuardedConnections.self), named(ListPausedCustomers.self),
        named(LockFlood.self),
        named(TakeTurn.self),
        named(HasPlace.self), named(EscalateTickets.self), named(FindCommentedTicket.self),
        named(FindDueDate.self), named(SeeIssue.self), named(NotePass.self), named(UnlinkTicket.self),
        named(TicketBeingMade.self), named(OthersOfAnswer.self), named(JobsInDoubt.self),
    ]

    private static func named<S: Statement>(_: S.Type) -> (String, String) { (String(describing: S.self), S.sql) }

    @Test("Are accepted by a migrated database, and allowed to the daemon's role")
    func prepare() async throws {
        try await TestDatabase.with { database in
            try await database.pool.withConnection { connection in
                try await connection.execute(sql: "SET ROLE kushim_jira_worker")
                for (name, sql) in Self.all {
                    do {
                        try await connection.execute(sql: "PREPARE \(name.lowercased()) AS \(sql)")
                    } catch {
                        Issue.record("\(name): \(error)")
                    }
                }
                try await connection.execute(sql: "RESET ROLE")
            }
        }
    }
}
