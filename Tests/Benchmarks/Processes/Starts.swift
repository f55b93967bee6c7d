import Foundation
import Jobs
import Synchronization

/// What the handlers of one process see: when jobs start, and how many of one customer run at once.
final class Starts: Sendable {
    struct State {
        var count = 0
        var first: (time: Int64, cpu: Double)?
        var records: [StartRecord] = []
        var running: [String: Int] = [:]
        var mostAtOnce: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let isRecording: Bool

    init(isRecording: Bool) {
        self.isRecording = isRecording
    }

    var current: State { state.withLock { $0 } }

    /// - Returns: how many have started by now.
    func begin(_ job: ClaimedJob) -> Int {
        let now = monotonicNanoseconds()
        return state.withLock { state in
            state.count += 1
            if state.first == nil { state.first = (now, Self.cpuSeconds()) }
            guard isRecording else { return state.count }
            state.records.append(
                StartRecord(
                    sent: Self.number(after: "\"sent\"", in: job.payload), started: now, customer: job.customerID))
            let running = state.running[job.customerID, default: 0] + 1
            state.running[job.customerID] = running
            state.mostAtOnce[job.customerID] = max(running, state.mostAtOnce[job.customerID] ?? 0)
            return state.count
        }
    }

    func end(_ job: ClaimedJob) {
        guard isRecording else { return }
        state.withLock { $0.running[job.customerID, default: 1] -= 1 }
    }

    /// User and system time of this process so far.
    static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1_000_000 }
    }

    static func peakMegabytes() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) / 1_024
    }

    private static func number(after key: String, in payload: String) -> Int64? {
        guard let range = payload.range(of: key) else { return nil }
        return Int64(payload[range.upperBound...].drop { !$0.isNumber }.prefix { $0.isNumber })
    }
}

/// The start of one job; times are monotonic nanoseconds.
struct StartRecord: Sendable, Codable {
    /// Just before the insert, if the payload says it.
    var sent: Int64?
    var started: Int64
    var customer: String

    /// Milliseconds from just before the insert.
    var latency: Double? { sent.map { Double(started - $0) / 1_000_000 } }
}
