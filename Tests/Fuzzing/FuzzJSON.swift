import Jira
import JiraSimulator

/// What was read can be written, and reads as the same again: by us, and by a reader that shares no code with ours.
func fuzzJSON(_ bytes: [UInt8]) {
    guard let value = try? JSONValue(parsing: bytes) else { return }
    let written = value.serialized()
    do {
        let again = try JSONValue(parsing: written)
        demand(again == value, "JSON that was written reads as the same: \(value)")
        demand(again.serialized() == written, "equal values are written alike: \(value)")
        _ = try JSON(parsing: written)
    } catch {
        demand(false, "what was written is JSON: \(error) in \(value)")
    }
    if case .object(let members) = value {
        for name in members.keys { demand(members[name] != nil, "each member is found by its name: \(name)") }
    }
}
