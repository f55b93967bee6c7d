import JiraSimulator

/// Which fields a JSON value has and of what type they are: by path, as `.issues[].fields.summary`.
struct JSONShape {
    private(set) var types: [String: Set<String>] = [:]

    /// Objects whose keys are data, not names.
    private static let maps: Set = ["errors", "permissions", "properties"]

    init(_ value: JSON) { add(value, at: "") }

    init(union shapes: [JSONShape]) {
        for shape in shapes { types.merge(shape.types) { $0.union($1) } }
    }

    private mutating func add(_ value: JSON, at path: String) {
        types[path, default: []].insert(value.typeName)
        for element in value.arrayValue ?? [] { add(element, at: "\(path)[]") }
        let isMap = Self.maps.contains { path.hasSuffix(".\($0)") }
        for (key, member) in value.objectValue ?? [:] where !key.hasPrefix("customfield_") {
            add(member, at: "\(path).\(isMap ? "*" : key)")
        }
    }

    /// Whether nothing is known of what stands below: a list that was empty, a value that was null.
    private func isBlank(at path: String) -> Bool {
        guard let known = types[path] else { return Self.parent(of: path).map(isBlank) ?? true }
        return known == ["null"] || known == ["array"] && types["\(path)[]"] == nil
    }

    private static func parent(of path: String) -> String? {
        if path.hasSuffix("[]") { return String(path.dropLast(2)) }
        return path.lastIndex(of: ".").map { String(path[..<$0]) }
    }

    /// What stands here and in none of the recorded ones, or as another type.
    func inventions(beside recorded: JSONShape) -> [String] {
        types.sorted { $0.key < $1.key }.compactMap { path, ours in
            guard let theirs = recorded.types[path] else {
                let parent = Self.parent(of: path) ?? ""
                return recorded.types[parent] != nil && !recorded.isBlank(at: parent) ? "invented: \(path)" : nil
            }
            let isOfTheirs = theirs == ["null"] || ours.subtracting(["null"]).isSubset(of: theirs)
            return isOfTheirs ? nil : "\(path) is \(ours.sorted()), recorded \(theirs.sorted())"
        }
    }

    /// What stands in each of the recorded ones and not here.
    func gaps(beside recorded: [JSONShape], except ignored: Set<String>) -> [String] {
        guard let first = recorded.first else { return [] }
        let common = recorded.reduce(Set(first.types.keys)) { $0.intersection($1.types.keys) }
        return common.sorted().filter { path in
            guard types[path] == nil, let parent = Self.parent(of: path), types[parent] != nil, !isBlank(at: parent)
            else { return false }
            return !ignored.contains(String(path.split(separator: ".").last ?? ""))
        }.map { "missing: \($0)" }
    }
}

extension JSON {
    fileprivate var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
