import TestSupport

/// What does not come by chance like a crash but goes on beside it: each kind in its own rhythm.
extension Injector {
    func beset(with kind: FaultKind, until isOver: @escaping @Sendable () -> Bool) async throws {
        switch kind {
        case .intermediary: try await intervene(until: isOver)
        case .settings: try await changeSettings(until: isOver)
        case .standby: try await failOver(until: isOver)
        case .clock: try await setClock(until: isOver)
        case .publication:
            while !isOver() {
                try await Task.sleep(for: draw { $0.duration(2_000...8_000) })
                try await injectNoted(.publication(for: draw { $0.duration(2_000...8_000) }))
            }
        case .restore:
            for _ in 0..<2 {
                try await Task.sleep(for: draw { $0.duration(3_000...9_000) })
                guard !isOver() else { return }
                try await injectNoted(.restoreJira(draw { $0.duration(1_500...6_000) }))
            }
        case .daemons, .database, .network, .answers, .lag, .anonymous: break  // drawn one by one
        }
    }

    private func injectNoted(_ fault: Fault) async throws {
        log.note(fault)
        try await inject(fault)
    }

    private func intervene(until isOver: @Sendable () -> Bool) async throws {
        let firewall = draw { Intermediary.fault(for: .oneFailure, &$0) }
        try await injectNoted(.intermediary(firewall))
        while !isOver() {
            try await Task.sleep(for: draw { $0.duration(200...2_000) })
            let fault = draw { Intermediary.fault(for: $0.chance(0.15) ? .everyPost : .oneRequest, &$0) }
            try await injectNoted(.intermediary(fault))
        }
    }

    private func changeSettings(until isOver: @Sendable () -> Bool) async throws {
        let roles = (1...world.daemons.count).map(DaemonUnderTest.role)
        while !isOver() {
            try await Task.sleep(for: draw { $0.duration(200...1_500) })
            switch draw({ Int.random(in: 0..<10, using: &$0) }) {
            case 0:
                let daemon = draw { Int.random(in: 0..<roles.count, using: &$0) }
                try await injectNoted(.readOnly(daemon: daemon, for: draw { $0.duration(1_000...5_000) }))
            case 1:
                try await injectNoted(
                    .setting("ALTER ROLE \(draw { roles.randomElement(using: &$0) } ?? "") RESET ALL"))
            case 2: try await injectNoted(.setting("ALTER DATABASE chaos RESET ALL"))
            default:
                try await injectNoted(.setting(draw { DatabaseSettings.draw(roles: roles, database: "chaos", &$0) }))
                // Sessions that are there already keep what they had.
                guard draw({ $0.chance(0.4) }), let role = draw({ roles.randomElement(using: &$0) }) else { continue }
                try await world.endSessions(of: role)
            }
        }
    }

    /// Once: the primary server does not come back.
    private func failOver(until isOver: @Sendable () -> Bool) async throws {
        try await Task.sleep(for: draw { $0.duration(4_000...15_000) })
        while !isPossible(.failOver) { try await Task.sleep(for: .milliseconds(50)) }
        try await injectNoted(.failOver)
    }

    /// Two hours back and forth; at the end as late as it ever was, so that nothing waits for a time that does not come.
    private func setClock(until isOver: @Sendable () -> Bool) async throws {
        while !isOver() {
            for seconds in [-7_200, 0, 7_200, 0] {
                try await Task.sleep(for: draw { $0.duration(2_000...5_000) })
                guard !isOver() else { break }
                try await injectNoted(.clock(seconds))
            }
        }
        try await injectNoted(.clock(7_200))
    }
}
