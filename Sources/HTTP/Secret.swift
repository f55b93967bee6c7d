/// A string that must not be seen: a token, a password, an `Authorization` value.
///
/// It prints as `•••` in every way Swift prints, `dump` included, so that a value that holds one can be logged by
/// mistake without harm. There is no `Equatable` (a failing test would show both sides) and no `Codable`.
package struct Secret: Sendable {
    private let value: String

    package init(_ value: String) {
        self.value = value
    }

    /// The text itself. Call it where the secret leaves the process and nowhere else.
    package func reveal() -> String {
        value
    }

    package var isEmpty: Bool {
        value.isEmpty
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
