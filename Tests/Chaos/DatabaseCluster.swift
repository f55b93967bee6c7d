import Synchronization
import TestSupport

/// The world's database: one server, or two of which the second follows the first until it takes over.
final class DatabaseCluster: Sendable {
    let servers: [PrivatePostgres]
    private let leader = Mutex(0)

    init(_ servers: [PrivatePostgres]) {
        self.servers = servers
    }

    var leading: PrivatePostgres { servers[leader.withLock { $0 }] }
    var hasStandby: Bool { leader.withLock { $0 } < servers.count - 1 }

    /// Where it may be found, for who must have the one that takes writes.
    var hosts: String {
        "host=\(servers.map(\.directory).joined(separator: ",")) target_session_attrs=read-write"
    }

    /// The first server is lost for good.
    func failOver() async throws {
        guard hasStandby else { return }
        try await leading.stop("immediate")
        leader.withLock { $0 += 1 }
        try await leading.promote()
    }
}
