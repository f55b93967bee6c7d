/// Whether the daemon can do its work now, check by check. `GET /readyz` shows it.
struct Readiness: Sendable {
    struct Check: Sendable {
        var name: String
        /// nil when it is well.
        var problem: String?
    }

    var checks: [Check]

    var isReady: Bool { checks.allSatisfy { $0.problem == nil } }

    /// For people and curl: a verdict, then a line a check.
    var text: String {
        let verdict = isReady ? "ready" : "not ready"
        return ([verdict] + checks.map { "\($0.name): \(($0.problem ?? "ok").escapingControls)" }).joined(
            separator: "\n") + "\n"
    }

    var json: String {
        let members = checks.map { "\($0.name.jsonQuoted):\(($0.problem ?? "ok").jsonQuoted)" }
        return "{\"ready\":\(isReady),\"checks\":{\(members.joined(separator: ","))}}\n"
    }
}
