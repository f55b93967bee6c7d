import Jira

/// The fields of a create request, from which what a project does not take can be left out: optional fields never cost the
/// ticket.
struct IssueRequest {
    var fields: [String: JSONValue]
    /// What was left out, and why.
    private(set) var omitted: [String: String] = [:]
    let owner: CreateScreen.Owner?
    private let mark: String
    private let required: Set<String>

    /// - Parameters:
    ///   - omitted: what was left out already, and why.
    ///   - mark: the label by which the issue is found again.
    ///   - owner: what it was made for; nil where only its name is known.
    ///   - required: what Jira demands, as far as it tells.
    init(
        fields: [String: JSONValue], omitted: [String: String], mark: String, owner: CreateScreen.Owner? = nil,
        required: Set<String> = []
    ) {
        self.fields = fields
        self.omitted = omitted
        self.mark = mark
        self.owner = owner
        let everyTickets: Set<String> =
            if case .requestType = owner { ["summary", "description"] } else { ["project", "issuetype", "summary"] }
        self.required = required.union(everyTickets)
    }

    /// To a service desk, where the description carries the mark.
    var isForServiceDesk: Bool {
        if case .requestType = owner { true } else { false }
    }

    /// Leaves out the fields that were refused, if that can help: if each of them was sent and need not be.
    ///
    /// A field that was not sent is refused for being required, in whatever language the error says so.
    /// - Parameter mayLoseMark: whether the issue could be found without its label.
    mutating func drop(_ refused: [String: String], mayLoseMark: Bool) -> Bool {
        var refused = refused
        // The type is called wrong where it goes with no parent.
        if fields["parent"] != nil, !required.contains("parent"), let words = refused.removeValue(forKey: "issuetype") {
            refused["parent"] = words
        }
        guard !refused.isEmpty,
            refused.keys.allSatisfy({ fields[$0] != nil && !required.contains($0) }),
            refused["labels"] == nil || hasOtherLabels || mayLoseMark || isForServiceDesk
        else { return false }
        for (field, words) in refused {
            omitted[field] = words
            // Perhaps one of the others was the matter: the mark goes last.
            if field == "labels", hasOtherLabels {
                fields[field] = [.string(mark)]
            } else {
                fields.removeValue(forKey: field)
            }
        }
        return true
    }

    /// Leaves out all that need not be: a service desk does not say which field it refuses. False if there is nothing such, and for
    /// issues, of which Jira does say it.
    mutating func dropOptional(because words: String) -> Bool {
        let optional = Set(fields.keys).subtracting(required)
        guard isForServiceDesk, !optional.isEmpty else { return false }
        for field in optional {
            fields[field] = nil
            omitted[field] = "the request was refused with it or another: \(words)"
        }
        return true
    }

    /// Leaves out the characters that some Data Centers cannot keep (`JSONValue.withoutWideCharacters`). False if there are none in
    /// the fields that were refused; a refusal that names no field may be of any.
    mutating func dropWideCharacters(of refused: some Collection<String>, because words: String) -> Bool {
        var hasChanged = false
        for (id, value) in fields where refused.isEmpty || refused.contains(id) {
            guard let narrow = value.withoutWideCharacters else { continue }
            fields[id] = narrow
            omitted["characters of four bytes in \(id)"] = words
            hasChanged = true
        }
        return hasChanged
    }

    /// Whether what is refused may be this failure's alone: not where all of them go. A field that was not sent may be one that a

    /// validator demands of this failure only.
    static func mayConcernOneOnly(_ refused: some Sequence<String>) -> Bool {
        refused.allSatisfy { $0 != "project" && $0 != "issuetype" }
    }

    private var hasOtherLabels: Bool {
        (fields["labels"]?.arrayValue ?? []).contains { $0.stringValue != mark }
    }
}
