import Jira

/// Which keys a section knows.
package struct KnownKeys: Sendable {
    /// In the order in which `config show` lists them.
    package var order: [String] = []
    package var children: [String: KnownKeys] = [:]
    private var elements: [KnownKeys] = []
    /// The keys are the operator's own.
    package var isOpen = false
    /// The words that a value may be, where it is one of a few.
    package var words: [String] = []

    /// Of each element, for a list of maps.
    package var element: KnownKeys? { elements.first }

    package static let leaf = KnownKeys()
    package static let open = KnownKeys(isOpen: true)

    package static func oneOf(_ words: [String]) -> KnownKeys { KnownKeys(words: words) }

    package static func list(of element: KnownKeys) -> KnownKeys { KnownKeys(elements: [element]) }

    package static func map(_ names: [String], _ children: [String: KnownKeys] = [:]) -> KnownKeys {
        let leaves = Dictionary(names.map { ($0, KnownKeys.leaf) }) { first, _ in first }
        return KnownKeys(order: names, children: leaves.merging(children) { _, named in named })
    }

    /// Of a key with dots, such as `deduplication.window`, the section and what is under it, where there is such a setting.
    package func section(leadingTo key: String) -> (section: String, rest: String)? {
        let path = key.split(separator: ".").map(String.init)
        guard path.count > 1, let section = path.first, children[section] != nil, at(path) != nil else { return nil }
        return (section, path.dropFirst().joined(separator: "."))
    }

    /// What to do about a key that is not known here; nil where nothing is near.
    package func remedy(forUnknown key: String) -> String? {
        if key == "<<" { return "maps are not merged here: write out what it would bring" }
        if let section = order.first(where: { children[$0]?.children[key] != nil }) {
            return "it belongs under \(section)"
        }
        return nearestWord(to: key, among: order).map { "did you mean \($0)?" }
    }

    /// What stands at a path, indices included; nil where nothing is known of it.
    package func at(_ path: some Sequence<String>) -> KnownKeys? {
        var keys = self
        for step in path {
            guard let next = keys.children[step] ?? (Int(step) == nil ? nil : keys.element ?? keys) else { return nil }
            keys = next
        }
        return keys
    }
}

private let severities = Severity.allCases.reversed().map(\.rawValue)

extension TicketSettings {
    package static let knownKeys = KnownKeys.map(
        CodingKeys.allCases.map(\.rawValue),
        [
            "minimum_severity": .oneOf(severities), "priorities": .map(severities), "fields": .open,
            "deduplication": .map(
                Deduplication.CodingKeys.allCases.map(\.rawValue), ["comment": .oneOf(["never", "daily", "always"])]),
            "rules": .list(
                of: .map(
                    TicketRule.CodingKeys.allCases.map(\.rawValue),
                    [
                        "match": .map(
                            TicketRule.Match.CodingKeys.allCases.map(\.rawValue), ["severity": .oneOf(severities)])
                    ]
                )),
        ])
}

extension SLASettings {
    package static let knownKeys = KnownKeys.map(
        CodingKeys.allCases.map(\.rawValue), ["due": .map(severities), "calendar": .oneOf(["calendar", "business"])])
}

extension KnownKeys {
    /// What a customer's own settings may hold.
    static let customers = KnownKeys.map(
        ["tickets", "sla", "slack", "recheck"],
        [
            "tickets": TicketSettings.knownKeys, "sla": SLASettings.knownKeys,
            "slack": .map(["webhook_url", "channels"], ["channels": .map(severities)]),
            "recheck": .map(["on_resolved"]),
        ])

    /// A key that is not known would be ignored without a word; of a word that is not, the decoder tells only that.
    func check(_ value: JSONValue, at path: String = "") throws(SettingsError) {
        switch value {
        case .object(let members) where !isOpen && !children.isEmpty:
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                let place = path.isEmpty ? name : "\(path).\(name)"
                guard let known = children[name] else {
                    if let (section, rest) = section(leadingTo: name) {
                        throw SettingsError(
                            path: place,
                            problem: "a dot does not lead into a section; write {\"\(section)\": {\"\(rest)\": ...}}")
                    }
                    let hint =
                        remedy(forUnknown: name)
                        ?? "known \(path.isEmpty ? "here" : "under \(path)"): \(order.joined(separator: ", "))"
                    throw SettingsError(path: place, problem: "unknown key; \(hint)")
                }
                try known.check(member, at: place)
            }
        case .string(let text) where !words.isEmpty && !words.contains(text):
            let hint = nearestWord(to: text, among: words).map { "did you mean \($0)?" } ?? "use one of them"
            throw SettingsError(
                path: path, problem: "\"\(text)\" is not one of \(words.joined(separator: ", ")); \(hint)")
        case .array(let elements):
            // One of a few words may be given as a list of them, where the decoder takes one.
            guard let element = element ?? (words.isEmpty ? nil : self) else { break }
            for (index, value) in elements.enumerated() { try element.check(value, at: "\(path)[\(index)]") }
        default: break
        }
    }
}
