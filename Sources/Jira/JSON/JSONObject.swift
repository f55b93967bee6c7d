/// The members of a JSON object, each name once, in the order of the names' bytes. As in PostgreSQL's jsonb, names that look alike
/// and differ in their bytes are two.
///
/// An array rather than a hash table: nearly every object is small, and most are made from literals that stand in order, to
/// be written in that order and never searched.
package struct JSONObject: Sendable {
    package typealias Element = (key: String, value: JSONValue)

    private var members: [(String, JSONValue)]

    package init() {
        members = []
    }

    package init(_ members: [String: JSONValue]) {
        self.members = members.map { ($0.key, $0.value) }.sorted { $0.0.precedesByBytes($1.0) }
    }

    /// Of a repeated name the last member counts.
    package init(inAnyOrder members: [(String, JSONValue)]) {
        self.members = members
        if members.indices.dropFirst().allSatisfy({ members[$0 - 1].0.precedesByBytes(members[$0].0) }) { return }
        self.members.removeAll(keepingCapacity: true)
        // A stable sort: members of one name stay in the order in which they came.
        for member in members.sorted(by: { $0.0.precedesByBytes($1.0) }) {
            if self.members.last?.0.hasBytes(of: member.0) == true { self.members.removeLast() }
            self.members.append(member)
        }
    }

    package subscript(name: String) -> JSONValue? {
        get {
            let (index, isTaken) = place(of: name)
            if isTaken { return members[index].1 }
            return nil
        }
        set {
            let (index, isTaken) = place(of: name)
            switch (newValue, isTaken) {
            case (let value?, true): members[index].1 = value
            case (let value?, false): members.insert((name, value), at: index)
            case (nil, true): members.remove(at: index)
            case (nil, false): break
            }
        }
    }

    /// Where a member of that name is, or would be.
    private func place(of name: String) -> (index: Int, isTaken: Bool) {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            if members[middle].0.precedesByBytes(name) { low = middle + 1 } else { high = middle }
        }
        return (low, low < members.count && members[low].0.hasBytes(of: name))
    }

    package var keys: [String] { members.map(\.0) }

    /// Where names are ours or Jira's own. Of names that look alike the last counts.
    package var dictionary: [String: JSONValue] { Dictionary(members) { _, last in last } }

    /// The same without what is null, also inside; elements of lists stay.
    package var withoutNulls: JSONObject {
        JSONObject(
            inAnyOrder: members.compactMap { name, value in value.isNull ? nil : (name, value.withoutNullMembers) })
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { members.startIndex }
    package var endIndex: Int { members.endIndex }
    package subscript(index: Int) -> Element { members[index] }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        self.init(inAnyOrder: members)
    }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { $0.0.hasBytes(of: $1.0) && $0.1 == $1.1 }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(members.count)
        for (name, value) in members {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}
