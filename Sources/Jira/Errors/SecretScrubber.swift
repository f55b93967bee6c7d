import HTTP

/// Takes secrets out of text that came from elsewhere: servers and proxies echo what they were sent.
struct SecretScrubber: Sendable {
    private let secrets: [Secret]

    init(_ secrets: [Secret]) {
        let forms = secrets.flatMap { secret in
            let text = secret.reveal()
            let quoted = String(JSONValue.string(text).description.dropFirst().dropLast())
            let inMarkup = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
                .replacing("\"", with: "&quot;")
            return Set([text, PercentEncoding.query(text), quoted, quoted.replacing("/", with: "\\/"), inMarkup])
        }
        // Longest first: a secret can hold another, as the encoded pair holds none of its parts but may by chance.
        self.secrets = forms.filter { !$0.isEmpty }.sorted { $0.utf8.count > $1.utf8.count }.map { Secret($0) }
    }

    /// By bytes, not by characters: a combining mark after the secret must not hide it.
    func scrub(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for secret in secrets {
            let pattern = Array(secret.reveal().utf8)
            guard bytes.firstRange(of: pattern) != nil else { continue }
            bytes.replace(pattern, with: Array("•••".utf8))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
