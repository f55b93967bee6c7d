import Crypto
package import FoundationEssentials
package import Jira

/// The identity of an episode of a failed control: of two issues that carry it, one is a double.
///
/// SHA-256 over its parts, each preceded by its length, so that no two sets of parts run together to the same bytes.
package struct Fingerprint: Sendable, Hashable, CustomStringConvertible {
    /// 64 digits.
    package let hex: String

    package init(installation: UUID, customerID: String, controlID: String, resource: String, episode: Int) {
        var hash = SHA256()
        let parts = [
            "kushim-jira/1", installation.uuidString.lowercased(), customerID, controlID, resource, String(episode),
        ]
        for part in parts {
            let bytes = Array(part.utf8)
            let length = UInt64(bytes.count)
            hash.update(data: (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) })
            hash.update(data: bytes)
        }
        let digits = Array("0123456789abcdef".utf8)
        hex = String(
            decoding: hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }, as: UTF8.self)
    }

    /// As the ledger has it.
    package init(hex: String) {
        self.hex = hex
    }

    package var description: String { hex }

    /// Searchable in Jira, and short enough for people's eyes: a hint, never the proof.
    package var label: String { Self.labelPrefix + hex.prefix(20) }

    static let labelPrefix = "kushim-"

    /// All digits as one word of a text, for what takes neither labels nor properties. Searchable too.
    package var reference: String { Self.referencePrefix + hex }

    private static let referencePrefix = "kushim"

    /// The digits of the last reference in a text, if there is one. Of several it alone counts: it closes a description, and
    /// what stands before it are words of the failure, which may be anybody's.
    static func hex(referredToIn text: String) -> String? {
        let bytes = Array(text.utf8)
        let prefix = Array(referencePrefix.utf8)
        let length = prefix.count + 64
        guard bytes.count >= length else { return nil }
        for start in stride(from: bytes.count - length, through: 0, by: -1) where bytes[start...].starts(with: prefix) {
            let digits = bytes[start + prefix.count..<start + length]
            if digits.allSatisfy(isDigit) { return String(decoding: digits, as: UTF8.self) }
        }
        return nil
    }

    /// Whether the label is some episode's.
    static func isMark(_ label: String) -> Bool {
        let digits = label.utf8.dropFirst(labelPrefix.utf8.count)
        return label.hasPrefix(labelPrefix) && digits.count == 20 && digits.allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) }

    /// The issue property that holds all digits; not searchable, but born with the issue.
    package static let propertyKey = "kushim"

    package func property(jobID: Int64, controlID: String) -> JSONValue {
        ["jobId": .integer(jobID), "fingerprint": .string(hex), "controlId": .string(controlID)]
    }

    /// Whether an issue with these properties is this episode's.
    package func isCarried(by properties: [String: JSONValue]) -> Bool {
        Self.hex(in: properties) == hex
    }

    /// What stands in an issue's property, if it has one.
    static func hex(in properties: [String: JSONValue]) -> String? {
        properties[propertyKey]?["fingerprint"]?.stringValue
    }
}
