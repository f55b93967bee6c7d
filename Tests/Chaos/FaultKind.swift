import ArgumentParser

/// What can be left out of a run, or be all that happens in it.
enum FaultKind: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Daemons killed, suspended longer than their lease, stopped; their clocks are wrong.
    case daemons
    /// PostgreSQL crashes; connections to it are reset or fall silent.
    case database
    /// Connections to Jira are reset, fall silent or are refused; Jira stands still.
    case network
    /// Answers of Jira that are lost, late, broken or turn requests away.
    case answers
    /// The search index lags.
    case lag
    /// Jira takes us for nobody and says so to nobody.
    case anonymous
    /// What stands before Jira answers in its own words, before or after the work is done.
    case intermediary
    /// The daemons' roles and the database carry settings of their own.
    case settings
    /// The primary server is lost and its standby promoted.
    case standby
    /// PostgreSQL's clock is set back and forth.
    case clock
    /// The database is replicated with a publication of all tables.
    case publication
    /// Jira is restored from a backup and gives ids and keys again.
    case restore

    /// Reads `all`, or names separated by commas.
    static func list(_ text: String) throws -> [FaultKind] {
        if text == "all" { return allCases }
        return try text.split(separator: ",").map { name in
            guard let kind = FaultKind(rawValue: String(name)) else {
                let known = allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("'\(name)' is no kind of fault; there are \(known), and all")
            }
            return kind
        }
    }
}
