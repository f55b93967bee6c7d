import ArgumentParser
import FoundationEssentials
import Jira
import Jobs

/// For commands that list what grows without end: how much of it, and of when. What was cut off is always told.
struct ListOptions: ParsableArguments {
    @Option(help: "At most so many.") var limit = 100
    @Option(
        help: ArgumentHelp(
            "Not what is older: a day (UTC), a time, or a span back from now.",
            discussion: "2026-11-30, 2026-11-30T08:00:00Z, 7d, 90m", valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Not what is newer; written in the same ways.", valueName: "time")) var until: String?

    func validate() throws {
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit \(limit) is not 1 to 1000000") }
        let range = try range()
        if case .instant(let since)? = range.since, case .instant(let until)? = range.until, since >= until {
            throw ValidationError("--since \(self.since ?? "") is not before --until \(self.until ?? "")")
        }
        if case .ago(let since)? = range.since, case .ago(let until)? = range.until, since <= until {
            throw ValidationError("--since \(self.since ?? "") is not before --until \(self.until ?? "")")
        }
    }

    func range() throws -> TimeRange {
        TimeRange(since: try Self.moment(since, "--since"), until: try Self.moment(until, "--until"))
    }

    private static func moment(_ text: String?, _ name: String) throws -> TimeRange.Moment? {
        guard let text else { return nil }
        if let span = Duration(notation: text) { return .ago(span) }
        if let instant = JiraTimestamp.iso8601(text) ?? JiraTimestamp.iso8601("\(text)T00:00:00Z") {
            return .instant(instant)
        }
        throw ValidationError(
            "\(name) \(text.quoted) is neither a day such as 2026-11-30, nor a time such as 2026-11-30T08:00:00Z, "
                + "nor a span back from now such as 7d")
    }

    /// One more than is shown: so it is known whether there are more.
    var fetched: Int { limit + 1 }
}

/// Says that a list was cut: under a table, or beside JSON on standard error, where it is in no script's way.
enum CutList {
    static func tell(newest count: Int, json: Bool, instead remedy: String = "--limit, --since and --until show others")
    {
        let note = "these are the newest \(count), and there are more: \(remedy)"
        if json {
            let style = TerminalStyle.standardError(ProcessFacts.environment)
            StandardStream.error.write("\(style.bold("kushim-jira:")) note: \(note)\n")
        } else {
            StandardStream.output.write("\(note)\n")
        }
    }
}
