import Foundation
import Jira
import Testing

@testable import Compliance

@Suite("Fingerprints")
struct FingerprintTests {
    private func fingerprint(_ control: String, _ resource: String = "", episode: Int = 1) throws -> Fingerprint {
        let installation = try #require(UUID(uuidString: "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"))
        return Fingerprint(
            installation: installation, customerID: "acme", controlID: control, resource: resource, episode: episode)
    }

    @Test("Are 64 digits that stay the same, with a label of the first twenty")
    func form() throws {
        let fingerprint = try fingerprint("CC6.1")
        #expect(fingerprint.hex == "d004deae4d629d4b090f79272679a68d2fa29c326fbf852c97decdde06c1d695")
        #expect(fingerprint.label == "kushim-" + fingerprint.hex.prefix(20))
        #expect(fingerprint.hex.allSatisfy { "0123456789abcdef".contains($0) })
    }

    @Test("Parts do not run together")
    func parts() throws {
        #expect(try fingerprint("CC6.1", "x") != fingerprint("CC6.", "1x"))
        #expect(try fingerprint("CC6.1", episode: 1) != fingerprint("CC6.1", episode: 2))
        #expect(try fingerprint("CC6.1") == fingerprint("CC6.1"))
    }

    @Test("An issue is ours only by all digits")
    func proof() throws {
        let fingerprint = try fingerprint("CC6.1")
        let property = fingerprint.property(jobID: 1, controlID: "CC6.1")
        #expect(fingerprint.isCarried(by: ["kushim": property]))
        let near = String(fingerprint.hex.dropLast()) + (fingerprint.hex.last == "0" ? "1" : "0")
        #expect(!fingerprint.isCarried(by: ["kushim": ["fingerprint": .string(near)]]))
        #expect(!fingerprint.isCarried(by: [:]))
    }

    @Test("A reference in a text is known by all its digits")
    func reference() {
        let fingerprint = Fingerprint(hex: String(repeating: "0123456789abcdef", count: 4))
        #expect(fingerprint.reference == "kushim" + fingerprint.hex)
        for text in [
            "Kushim reference: \(fingerprint.reference).", "kushim, kushim12, \(fingerprint.reference) kushim34",
        ] {
            #expect(Fingerprint.hex(referredToIn: text) == fingerprint.hex)
        }
        let forged = "kushim" + String(repeating: "0a", count: 32)
        #expect(
            Fingerprint.hex(referredToIn: "\(forged) \(fingerprint.reference)") == fingerprint.hex, "the last counts")
        for text in [
            "", "kushim", "kushim-0123456789abcdef0123", "kushim" + fingerprint.hex.dropLast(),
            "kushim" + fingerprint.hex.uppercased(),
        ] {
            #expect(Fingerprint.hex(referredToIn: String(text)) == nil, "\(text)")
        }
    }

    @Test("A reference is read though somebody's formatting divides its text")
    func dividedReference() throws {
        let fingerprint = try fingerprint("CC6.1")
        let (start, end) = (fingerprint.reference.prefix(20), fingerprint.reference.dropFirst(20))
        let document: JSONValue = [
            "type": "doc",
            "content": [
                [
                    "type": "paragraph",
                    "content": [
                        ["type": "text", "text": .string("Kushim reference: " + start)],
                        ["type": "text", "text": .string(String(end)), "marks": [["type": "strong"]]],
                    ],
                ],
                ["type": "paragraph", "content": [["type": "text", "text": "more"]]],
            ],
        ]
        #expect(document.richTextWords.contains(fingerprint.reference))
        #expect(!document.richTextWords.contains(fingerprint.reference + "more"))
    }
}
