import Foundation
import Synchronization

/// What was done to the world, and when; kept in a file beside the logs of the programs.
final class FaultLog: Sendable {
    private let path: String
    private let began = ContinuousClock.now
    private let state = Mutex(State())

    private struct State {
        var counts: [String: Int] = [:]
        var lines = ""
        var exits: [String] = []
    }

    init(path: String) {
        self.path = path
    }

    func note(_ fault: Fault) {
        state.withLock { state in
            state.lines += "\(began.duration(to: .now)) \(fault)\n"
            switch fault {
            case .answers, .anonymous, .intermediary: break  // the simulator counts those that struck
            default: state.counts[fault.name, default: 0] += 1
            }
        }
    }

    /// A daemon that ended without being told to, or did not when it was.
    func noteExit(_ what: String) {
        state.withLock { state in
            state.lines += "\(began.duration(to: .now)) \(what)\n"
            state.exits.append(what)
        }
    }

    var counts: [String: Int] { state.withLock { $0.counts } }
    var exits: [String] { state.withLock { $0.exits } }

    func save() {
        try? state.withLock { $0.lines }.write(toFile: path, atomically: true, encoding: .utf8)
    }
}
