/// What Jira knows by an id, and people by a name that repeats and is translated.
package protocol KnownByName {
    var id: String { get }
    var name: String { get }
}

extension Collection where Element: KnownByName {
    /// By id or name; in another case only if nothing is written so.
    package func named(_ text: String) -> Element? {
        first { $0.id == text } ?? first { $0.name == text } ?? first { $0.name.lowercased() == text.lowercased() }
    }
}
