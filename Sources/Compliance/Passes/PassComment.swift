import FoundationEssentials
import Jira
import Jobs

/// The comment that tells the people at a ticket that its control passes again.
struct PassComment {
    let pass: CompliancePass
    let passedAt: Date
    let appURL: String
    /// Letters and digits only, so that it survives every kind of markup.
    let mark: String

    init(_ pass: CompliancePass, passedAt: Date, appURL: String, fingerprint: Fingerprint, jobID: Int64) {
        self.pass = pass
        self.passedAt = passedAt
        self.appURL = appURL
        mark = "kushim\(fingerprint.hex.prefix(12))pass\(jobID)"
    }

    var document: Document {
        var blocks: [Document.Block] = [
            .paragraph([
                .text("Control "), .text(pass.controlID, .strong), .text(" passes again, since "),
                .text(passedAt.formatted(.iso8601), .strong), .text("."),
            ])
        ]
        if let message = pass.message {
            blocks.append(.paragraph([.text(message)]))
        }
        if let id = pass.evidenceID {
            let evidence = TextURL.evidence(id, appURL: appURL)
            blocks.append(.paragraph([.text("Evidence: "), .text(id, link: evidence)]))
        }
        blocks.append(
            .paragraph([.text("Added by Kushim Compliance Platform; reference ", .emphasis), .text(mark, .emphasis)]))
        return Document(blocks)
    }

    func body(for deployment: JiraConnection.Deployment) -> JSONValue {
        switch deployment {
        case .cloud: document.adf()
        case .dataCenter: .string(document.wikiMarkup())
        }
    }
}

/// Links into the Kushim application.
enum TextURL {
    static func evidence(_ id: String, appURL: String) -> String {
        var root = appURL
        while root.last == "/" { root.removeLast() }
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        let segment = id.utf8.map { byte in
            allowed.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        return "\(root)/evidence/\(segment)"
    }
}
