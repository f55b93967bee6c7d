/// What the body of a refusal says. Jira, its gateway and the proxies before it each have a shape of their own.
struct RefusalText {
    /// Not about one field.
    var messages: [String] = []
    /// By field id.
    var fields: [String: String] = [:]
    /// Whether it is how Jira's REST framework says that it knows no such path.
    var isUnknownPath = false

    /// The most that is kept of one text.
    static let maximumLength = 1_000

    /// What makes text fit to be shown: first that, then the cutting, lest half a secret stay behind.
    private let clean: (String) -> String

    /// - Parameters:
    ///   - body: nil if it is not JSON.
    ///   - text: the body as text, already clean.
    init(_ body: JSONValue?, text: String, clean: @escaping (String) -> String) {
        self.clean = clean
        guard let body, case .object = body else {
            if let line = Self.plainText(text) { messages = [line] }
            return
        }
        add(body["errorMessages"])
        add(body["errorMessage"])
        add(body["message"])
        switch body["errors"] {
        case .object(let errors)?:
            for (name, problem) in errors {
                // What Cloud says of a parent at the wrong level of the hierarchy, sometimes under both names.
                let field = name == "parentId" ? "parent" : name
                fields[Self.cut(clean(field))] = Self.cut(clean(problem.stringValue ?? problem.description))
            }
        case .array(let errors)?:
            for error in errors {
                add(error["message"] ?? error["detail"] ?? error["title"] ?? error)
            }
        default: break
        }
        add(body["error_description"] ?? body["error"]?["message"] ?? body["error"])
        isUnknownPath = body["status-code"]?.integerValue == 404
    }

    private mutating func add(_ value: JSONValue?) {
        switch value {
        case .string(let text)?:
            if !text.isEmpty { messages.append(Self.cut(clean(text))) }
        case .array(let values)?:
            for case .string(let text) in values where !text.isEmpty { messages.append(Self.cut(clean(text))) }
        default: break
        }
    }

    /// The gateway refuses a token that lacks a scope with the status of one that is wrong.
    var isScopeMissing: Bool { messages.contains { $0.lowercased().contains("scope does not match") } }

    /// Everything as lines, those about fields last and sorted.
    var lines: [String] {
        messages + fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    }

    /// A body that is a sentence; markup says nothing to an operator.
    private static func plainText(_ text: String) -> String? {
        let line = text.trimmedOfSpace
        guard !line.isEmpty, line.first != "<", line.first != "{", line.utf8.count <= maximumLength else { return nil }
        return line
    }

    /// - Parameter length: in UTF-16 units: one character can be of any length.
    static func cut(_ text: String, to length: Int = maximumLength) -> String {
        text.utf16.count <= length ? text : text.prefix(utf16Units: length - 1) + "…"
    }
}
