/// A payload that is not what its kind of job promises. Never a reason to try again: the payload of a job does not change.
package struct PayloadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// `payload` or the path of a field in it: `payload.affectedSystems[2]`.
    package var field: String

    /// What is wrong with it, as the rest of a sentence.
    package var problem: String

    package var description: String { "\(field): \(problem)" }
}
