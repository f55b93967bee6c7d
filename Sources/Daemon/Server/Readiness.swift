/// Whether the daemon can do its work now, check by check. `GET /readyz` shows it.
struct Readiness: Sendable {
    struct Check: Sendable {
        var name: String
        /// nil when it is well.
        var problem: String?
    }

    var checks: [Check]
    /// Connections that wait for a person or for their time, in words. The daemon is ready all the same: others go on.
    var heldUp: [String] = []

    var isReady: Bool { checks.allSatisfy { $0.problem == nil } }

    /// For people and curl: a verdict, then a line a check.
    var text: String {
        let verdict = isReady ? "ready" : "not ready"
        let lines = checks.map { "\($0.name): \(($0.problem ?? "ok").escapingControls)" }
        return ([verdict] + lines + heldUp.map(\.escapingControls)).joined(separator: "\n") + "\n"
    }

    var json: String {
        let members = checks.map { "\($0.name.jsonQuoted):\(($0.problem ?? "ok").jsonQuoted)" }
        let waiting = heldUp.isEmpty ? "" : ",\"heldUp\":[\(heldUp.map(\.jsonQuoted).joined(separator: ","))]"
        return "{\"ready\":\(isReady),\"checks\":{\(members.joined(separator: ","))}\(waiting)}\n"
    }
}
