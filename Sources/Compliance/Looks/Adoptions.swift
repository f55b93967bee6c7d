import Jira
import Postgres
import Synchronization

/// Which existing issue was given to which episode by this process, until the ledger knows it: without, two episodes that find
/// the same issue within moments would both try to settle with it.
final class Adoptions: Sendable {
    private struct Given {
        let fingerprint: Fingerprint
        let at: ContinuousClock.Instant
    }

    private let given = Mutex<[ExactText: Given]>([:])
    /// Longer than a job takes to settle. An episode that never does keeps the issue from others for so long.
    private let memory: Duration = .seconds(60)

    /// Whether the issue, by its id, may be the episode's ticket; then it is no other's.
    func give(_ issueID: String, to fingerprint: Fingerprint) -> Bool {
        let issueID = ExactText(issueID)
        let now = ContinuousClock.now
        return given.withLock { given in
            given = given.filter { $0.value.at.duration(to: now) < memory }
            if let owner = given[issueID], owner.fingerprint != fingerprint { return false }
            given[issueID] = Given(fingerprint: fingerprint, at: now)
            return true
        }
    }
}
