import Foundation
import Jira

/// The figures of one seed.
struct Report: Sendable, Encodable {
    var seed: UInt64
    var deployment: String
    var failures: Int
    var passes: Int
    var tickets: Int
    var lost: [String]
    var doubled: [String]
    var contradictions: [String]
    /// How doubtful outcomes were settled: found by label, found by key, sent again after the settling time.
    var settled: [String: Int]
    var faults: [String: Int]
    var requests: Int
    /// Seconds from insert to ticket.
    var median: Double
    var p99: Double
    var slowest: Double
    /// Dead letters that the operator of this run tried again.
    var retriedDeadLetters: Int
    /// Daemons that ended by themselves, or did not end when told to.
    var exits: [String]
    var seconds: Double

    var faultCount: Int { faults.values.reduce(0, +) }
    var requestsPerTicket: Double { tickets == 0 ? 0 : Double(requests) / Double(tickets) }
    /// Whether the promise was kept; a daemon that had to be started again does not break it.
    var isSound: Bool { lost.isEmpty && doubled.isEmpty && contradictions.isEmpty }

    init(
        seed: UInt64, isCloud: Bool, _ evidence: Evidence, _ verdict: Judge.Verdict, counters: JSONValue, log: FaultLog,
        retried: Int, took: Duration
    ) {
        self.seed = seed
        deployment = isCloud ? "Cloud" : "Data Center"
        failures = evidence.jobs.count { $0.kind == "compliance_failure" }
        passes = evidence.jobs.count - failures
        tickets = evidence.tickets.count { $0.issueKey != nil }
        lost = verdict.lost
        doubled = verdict.doubled
        contradictions = verdict.contradictions
        settled = [:]
        for record in evidence.records where record.action == "ticket.adopted" {
            settled["found by \(record.detail["foundBy"]?.stringValue ?? "?")", default: 0] += 1
        }
        settled["sent again"] = evidence.tickets.count { $0.sends > 1 }
        faults = log.counts
        for (name, count) in counters["faults"]?.objectValue ?? [:] {
            faults["answer: \(name)"] = Int(count.integerValue ?? 0)
        }
        requests = Int(counters["requests"]?.integerValue ?? 0)
        let times = evidence.tickets.compactMap(\.seconds).sorted()
        median = Self.quantile(times, 0.5)
        p99 = Self.quantile(times, 0.99)
        slowest = times.last ?? 0
        retriedDeadLetters = retried
        exits = log.exits
        seconds = took / .seconds(1)
    }

    private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    /// One line for one seed.
    var line: String {
        let verdict = isSound ? "clean" : "BROKEN"
        return "seed \(seed), \(deployment): \(failures) failures, \(tickets) tickets, \(faultCount) faults: "
            + "\(lost.count) lost, \(doubled.count) doubled, \(contradictions.count) contradictions; "
            + "\(requestsPerTicket.rounded(to: 2)) requests a ticket; \(median.rounded(to: 1)) s p50, "
            + "\(p99.rounded(to: 1)) s p99; \(seconds.rounded(to: 0)) s: \(verdict)"
    }

    var problems: [String] {
        lost.map { "lost: \($0)" } + doubled.map { "doubled: \($0)" } + contradictions.map { "contradiction: \($0)" }
            + exits.map { "daemon: \($0)" }
    }
}

/// The figures of all seeds together.
struct Summary: Sendable, Encodable {
    var seeds: [Report]

    var isSound: Bool { seeds.allSatisfy(\.isSound) }

    var text: String {
        let tickets = seeds.reduce(0) { $0 + $1.tickets }
        let requests = seeds.reduce(0) { $0 + $1.requests }
        let perTicket = tickets == 0 ? 0 : Double(requests) / Double(tickets)
        let times = [seeds.map(\.median).max(), seeds.map(\.p99).max(), seeds.map(\.slowest).max()].map {
            ($0 ?? 0).rounded(to: 1) + " s"
        }
        let figures: [(String, String)] = [
            ("seeds", "\(seeds.count)"), ("failures inserted", sum(\.failures)), ("passes inserted", sum(\.passes)),
            ("tickets", "\(tickets)"), ("lost", sum(\.lost.count)), ("doubled", sum(\.doubled.count)),
            ("contradictions", sum(\.contradictions.count)), ("requests to Jira a ticket", perTicket.rounded(to: 2)),
            ("insert to ticket, worst seed", "\(times[0]) p50, \(times[1]) p99, \(times[2]) at most"),
            ("dead letters tried again", sum(\.retriedDeadLetters)), ("faults injected", sum(\.faultCount)),
        ]
        var lines = [""] + figures.map { Self.row($0, $1) } + ["", "doubtful outcomes, settled"]
        lines += Self.list(seeds.map(\.settled))
        lines += ["", "faults"]
        lines += Self.list(seeds.map(\.faults))
        return lines.joined(separator: "\n")
    }

    private static func list(_ counts: [[String: Int]]) -> [String] {
        var sum: [String: Int] = [:]
        for count in counts { sum.merge(count, uniquingKeysWith: +) }
        return sum.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { name, count in
            row("  " + name, "\(count)")
        }
    }

    private static func row(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: max(1, 44 - name.count)) + value
    }

    private func sum(_ figure: (Report) -> Int) -> String {
        "\(seeds.reduce(0) { $0 + figure($1) })"
    }
}

extension Double {
    fileprivate func rounded(to digits: Int) -> String {
        String(format: "%.\(digits)f", self)
    }
}
