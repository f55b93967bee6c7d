/// A text that names something: equal to another only if their bytes in UTF-8 are equal, as PostgreSQL compares texts.
///
/// Swift's `String` takes an `é` of one character and one of two (`e` and an accent) for equal. What is two customers, controls or
/// resources in the database must not be one in a dictionary, a set or a comparison here: those have this for their keys.
package struct ExactText: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }

    // Spans, since `String.UTF8View` goes through the string's indices. Texts of equal bytes have equal hashes as strings too.
    package static func == (left: ExactText, right: ExactText) -> Bool {
        let (left, right) = (left.text.utf8.span, right.text.utf8.span)
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// In the order of the bytes.
    package static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}
