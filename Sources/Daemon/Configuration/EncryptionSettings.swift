import FoundationEssentials
import HTTP

/// The keys that encrypt the secrets of connections in the database: lines `ID:BASE64` of 32 bytes each, or one such key
/// without an id. The first encrypts, all decrypt.
struct EncryptionSettings: Sendable {
    var keys: Secret?

    init(_ reader: inout SettingsReader) {
        let key = "encryption.keys"
        keys = reader.secret(key, variable: "KUSHIM_JIRA_ENCRYPTION_KEY", isMultiline: true)
        guard let keys else { return }
        let lines = keys.reveal().split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        var ids: Set<Substring> = []
        for (index, line) in lines.enumerated() {
            let parts = line.split(separator: ":", maxSplits: 1)
            let (id, encoded) = parts.count == 2 ? (parts[0], parts[1]) : ("1", parts[0])
            let number = lines.count == 1 ? "the key" : "key \(index + 1)"
            let bytes = Data(base64Encoded: encoded.filter { !$0.isWhitespace })
            if bytes?.count != 32 {
                let found = bytes.map { "\($0.count) bytes" } ?? "not base64"
                reader.report(
                    key, "\(number) is \(found), not 32 bytes in base64",
                    remedy: "make one with: openssl rand -base64 32")
            } else if !ids.insert(id).inserted {
                reader.report(key, "the key id \(String(id).quoted) stands twice", remedy: "give each key its own id")
            }
        }
    }
}
