import Foundation
import Glibc
import TestSupport

/// What processes have cost so far, as the kernel tells it. Source: proc(5).
enum ProcessTimes {
    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// User and system time in seconds.
    static func cpuSeconds(of process: pid_t) -> Double {
        let fields = statFields(of: process)
        return fields.count > 12 ? (number(fields[11]) + number(fields[12])) / ticksPerSecond : 0
    }

    /// The same to the nanosecond, of the threads that live: for a process that does next to nothing.
    static func exactCPUSeconds(of process: pid_t) -> Double {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return threads.reduce(0) { sum, thread in
            let text = (try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/schedstat", encoding: .utf8)) ?? ""
            return sum + (text.split(separator: " ").first.map(number) ?? 0) / 1_000_000_000
        }
    }

    /// Of the server with all its sessions, those that have ended included.
    static func cpuSeconds(of server: PrivatePostgres) -> Double {
        guard let text = try? String(contentsOfFile: "\(server.directory)/data/postmaster.pid", encoding: .utf8),
            let postmaster = text.split(separator: "\n").first.flatMap({ pid_t($0) })
        else { return 0 }
        while true {
            let before = endedSessions(of: postmaster)
            let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            let sessions = processes.compactMap { pid_t($0) }.filter {
                let fields = statFields(of: $0)
                return fields.count > 1 && fields[1] == "\(postmaster)"
            }
            let living = sessions.reduce(cpuSeconds(of: postmaster)) { $0 + cpuSeconds(of: $1) }
            // One that ended meanwhile would be counted twice, or not at all.
            if endedSessions(of: postmaster) == before { return before + living }
        }
    }

    private static func endedSessions(of postmaster: pid_t) -> Double {
        let fields = statFields(of: postmaster)
        return fields.count > 14 ? (number(fields[13]) + number(fields[14])) / ticksPerSecond : 0
    }

    static func residentMegabytes(of process: pid_t) -> Double {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(separator: " ").dropFirst().first.map(number) ?? 0) / 1_024
    }

    /// From the third on: the second, a name in parentheses, may hold spaces.
    private static func statFields(of process: pid_t) -> [Substring] {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return [] }
        return text[text.index(after: end)...].split(separator: " ")
    }

    private static func number(_ text: Substring) -> Double { Double(text) ?? 0 }
}
