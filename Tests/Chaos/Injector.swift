import Foundation
import Synchronization
import TestSupport

/// Breaks things as the seed has it, and mends them again.
final class Injector: Sendable {
    let world: World
    let log: FaultLog
    private let isCloud: Bool
    private let kinds: Set<FaultKind>
    private let state: Mutex<State>

    /// The grace of 4 s, as long again for a database that does not answer, and a machine that is busy.
    private static let patience = Duration.seconds(45)

    private struct State {
        var random: SeededRandom
        /// Daemons that are meant to be down or suspended at the moment.
        var busy: Set<Int> = []
        var startedAt: [Int: ContinuousClock.Instant] = [:]
        var isOneSuspended = false
        var isPostgresBusy = false
        var isJiraBusy = false
    }

    init(_ world: World, isCloud: Bool, kinds: Set<FaultKind>, seed: UInt64, log: FaultLog) {
        self.world = world
        self.isCloud = isCloud
        self.kinds = kinds
        self.log = log
        state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    func draw<Value>(_ body: (inout SeededRandom) -> Value) -> Value { state.withLock { body(&$0.random) } }

    func startDaemons() throws {
        for daemon in world.daemons.indices { try start(daemon, clock: daemon * 137 - 137) }
    }

    /// Until `isOver` says so; returns when everything is mended.
    func run(until isOver: @escaping @Sendable () -> Bool) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.supervise(until: isOver) }
            if kinds.contains(.anonymous), let blindness = draw({ Fault.blindness(&$0) }) {
                group.addTask {
                    try await Task.sleep(for: blindness.after)
                    self.log.note(.blindLooks(blindness.time))
                    try await self.inject(.blindLooks(blindness.time))
                }
            }
            if kinds.contains(.answers) {
                try await world.simulator.add(faults: draw { Fault.standing(&$0) })
            }
            for kind in FaultKind.allCases where kinds.contains(kind) {
                group.addTask { try await self.beset(with: kind, until: isOver) }
            }
            while !isOver() {
                let fault = state.withLock { Fault.draw(&$0.random, isCloud: isCloud) }
                if kinds.contains(fault.kind), isPossible(fault) {
                    log.note(fault)
                    group.addTask { try await self.inject(fault) }
                }
                let pause = state.withLock { $0.random.duration(50...700) }
                try await Task.sleep(for: pause)
            }
            try await group.waitForAll()
        }
        try await mend()
    }

    /// Starts again what ended by itself, which is worth telling.
    private func supervise(until isOver: @Sendable () -> Bool) async throws {
        var turn = 0
        while !isOver() {
            try await reviveDaemons()
            // Shut connections are noticed and tried again: else the first silent refusal would end the test.
            if turn % 20 == 0, try await world.hasShutGate() { reloadDaemons() }
            turn += 1
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func reviveDaemons() async throws {
        for daemon in world.daemons.indices {
            let isMeantToRun = state.withLock { !$0.busy.contains(daemon) }
            guard isMeantToRun, let status = world.daemons[daemon].program.reap() else { continue }
            log.noteExit("daemon\(daemon + 1) ended by itself with status \(status)")
            try start(daemon, clock: 0)
        }
    }

    private func start(_ daemon: Int, clock: Int) throws {
        try world.daemons[daemon].start(clock: clock)
        state.withLock { $0.startedAt[daemon] = .now }
    }

    /// One thing at a time happens to each daemon, to PostgreSQL and to Jira.
    func isPossible(_ fault: Fault) -> Bool {
        state.withLock { state in
            switch fault {
            case .suspend(let daemon, _):
                // The others are to take over its jobs.
                guard !state.isOneSuspended, state.busy.insert(daemon).inserted else { return false }
                state.isOneSuspended = true
                return true
            case .kill(let daemon, _, _), .terminate(let daemon, _):
                return state.busy.insert(daemon).inserted
            case .crashPostgres, .failOver:
                // Who is suspended is to find what it left, when it wakes up.
                guard !state.isPostgresBusy, !state.isOneSuspended else { return false }
                state.isPostgresBusy = true
                return true
            case .cutDatabase(let daemon), .stallDatabase(let daemon, _):
                return !state.busy.contains(daemon)
            case .stallJira, .suspendJira, .refuseJira:
                defer { state.isJiraBusy = true }
                return !state.isJiraBusy
            default:
                return true
            }
        }
    }

    func inject(_ fault: Fault) async throws {
        switch fault {
        case .kill(let daemon, let pause, let clock):
            _ = await world.daemons[daemon].program.end(SIGKILL)
            try await Task.sleep(for: pause)
            try start(daemon, clock: clock)
            state.withLock { _ = $0.busy.remove(daemon) }
        case .suspend(let daemon, let time):
            // In the worst moment, if it comes: a create request is called sent, and is not sent yet.
            try await world.catchMarking(daemon)
            world.daemons[daemon].program.send(SIGSTOP)
            try await Task.sleep(for: time)
            world.daemons[daemon].program.send(SIGCONT)
            state.withLock { state in
                state.busy.remove(daemon)
                state.isOneSuspended = false
            }
        case .terminate(let daemon, let clock):
            if !(await world.daemons[daemon].program.end(SIGTERM, within: Self.patience)) {
                log.noteExit("daemon\(daemon + 1) did not end within \(Self.patience) of SIGTERM")
                _ = await world.daemons[daemon].program.end(SIGKILL)
            }
            try start(daemon, clock: clock)
            state.withLock { _ = $0.busy.remove(daemon) }
        case .crashPostgres(let pause):
            let server = world.database.leading
            try await server.stop("immediate")
            try await Task.sleep(for: pause)
            try await server.start()
            state.withLock { $0.isPostgresBusy = false }
        case .failOver:
            let lost = world.database.leading.directory
            try await world.database.failOver()
            // Who asks for the lost server is refused. A relay that is still there would take the connection and end it, after
            // which libpq tries no other host.
            for link in world.daemons.flatMap(\.databases) where link.leads(toServerIn: lost) { await link.close() }
            state.withLock { $0.isPostgresBusy = false }
        case .cutDatabase(let daemon):
            for link in world.daemons[daemon].databases { cut(link) }
        case .stallDatabase(let daemon, let time):
            for link in world.daemons[daemon].databases { link.setStalled(true) }
            try await Task.sleep(for: time)
            for link in world.daemons[daemon].databases { link.setStalled(false) }
        case .cutJira:
            cut(world.jira)
        case .stallJira(let time):
            world.jira.setStalled(true)
            try await Task.sleep(for: time)
            world.jira.setStalled(false)
            state.withLock { $0.isJiraBusy = false }
        case .refuseJira(let time):
            world.jira.setRefusing(true)
            try await Task.sleep(for: time)
            world.jira.setRefusing(false)
            state.withLock { $0.isJiraBusy = false }
        case .suspendJira(let time):
            world.simulator.program.send(SIGSTOP)
            try await Task.sleep(for: time)
            world.simulator.program.send(SIGCONT)
            state.withLock { $0.isJiraBusy = false }
        case .indexLag(let lag):
            try await world.simulator.setIndexLag(lag)
        case .answers(let faults):
            try await world.simulator.add(faults: faults)
        case .anonymous(let faults):
            try await world.simulator.add(faults: faults)
        case .blindLooks(let time):
            try await world.simulator.add(faults: Fault.looks.map { "\($0),lasting=\(time / .milliseconds(1))ms" })
        case .intermediary(let fault):
            try await world.simulator.add(faults: [fault])
        case .setting(let statement):
            _ = try await world.rows(statement)
        case .readOnly(let daemon, let time):
            let role = DaemonUnderTest.role(daemon + 1)
            _ = try await world.rows("ALTER ROLE \(role) SET \(DatabaseSettings.readOnly) = on")
            try await world.endSessions(of: role)
            try await Task.sleep(for: time)
            _ = try await world.rows("ALTER ROLE \(role) RESET \(DatabaseSettings.readOnly)")
        case .clock(let seconds):
            try world.databaseClock?.set(seconds)
        case .publication(let time):
            _ = try await world.rows("CREATE PUBLICATION everything FOR ALL TABLES")
            try await Task.sleep(for: time)
            _ = try await world.rows("DROP PUBLICATION everything")
        case .restoreJira(let age):
            try await world.simulator.backUp()
            try await Task.sleep(for: age)
            try await world.simulator.restore()
        }
    }

    private func cut(_ link: FlakyLink) {
        var random = state.withLock { state in
            SeededRandom(seed: state.random.next())
        }
        _ = link.cut(&random, share: 0.7)
    }

    /// As an operator does who has mended what a shut connection complains of. A daemon that is just starting is left alone: it
    /// tries all connections anyway.
    func reloadDaemons() {
        for daemon in world.daemons.indices {
            let isUp = state.withLock { state in
                !state.busy.contains(daemon)
                    && (state.startedAt[daemon].map { $0.duration(to: .now) > .seconds(3) } ?? false)
            }
            if isUp { world.daemons[daemon].program.send(SIGHUP) }
        }
    }

    private func mend() async throws {
        try await world.simulator.clearFaults()
        try await world.simulator.setIndexLag("0s")
        try await world.simulator.catchUpIndex()
        try await reviveDaemons()
        try await Task.sleep(for: .seconds(3))
        reloadDaemons()
    }
}
