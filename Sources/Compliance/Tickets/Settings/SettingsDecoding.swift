import Jira

extension KeyedDecodingContainer {
    /// Replaces a default by what is written; a key that is missing or null leaves it.
    func take<Value: Decodable>(_ key: Key, _ value: inout Value) throws {
        if let written = try decodeIfPresent(Value.self, forKey: key) {
            value = written
        }
    }

    func take<Value: Decodable>(_ key: Key, _ value: inout Value?) throws {
        value = try decodeIfPresent(Value.self, forKey: key) ?? value
    }

    /// A name that Jira has to know, so not an empty one.
    func takeName(_ key: Key, _ value: inout String?) throws {
        guard let written = try decodeIfPresent(String.self, forKey: key) else { return }
        guard written.contains(where: { !$0.isWhitespace }) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "is empty; give a name or leave it out")
        }
        value = written
    }

    /// `JSONDecoder` tells of a number that is no `Int` as if all of the section were no JSON.
    func take(_ key: Key, _ value: inout Int?) throws {
        guard let written = try decodeIfPresent(JSONValue.self, forKey: key) else { return }
        guard let number = written.integerValue, let whole = Int(exactly: number) else {
            throw DecodingError.typeMismatch(
                Int.self,
                DecodingError.Context(codingPath: codingPath + [key], debugDescription: "a whole number is expected"))
        }
        value = whole
    }

    /// Replaces the defaults of those severities that are written.
    func take<Value: Decodable>(_ key: Key, _ values: inout [Severity: Value]) throws {
        guard contains(key), try !decodeNil(forKey: key) else { return }
        let written = try nestedContainer(keyedBy: SeverityKey.self, forKey: key)
        for severityKey in written.allKeys {
            guard let severity = severityKey.severity else {
                throw DecodingError.dataCorruptedError(
                    forKey: severityKey, in: written,
                    debugDescription: "\"\(severityKey.stringValue)\" is not one of critical, high, medium, low")
            }
            if let value = try written.decodeIfPresent(Value.self, forKey: severityKey) {
                values[severity] = value
            }
        }
    }

    /// One string, or a list of them.
    func oneOrMany<Value: Decodable>(_ key: Key) throws -> [Value]? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        // What is wrong in a list is said of its element.
        if (try? nestedUnkeyedContainer(forKey: key)) != nil { return try decode([Value].self, forKey: key) }
        return [try decode(Value.self, forKey: key)]
    }
}

extension SingleValueDecodingContainer {
    /// What is written, also where it is no text: `7`, of which a unit is missing, `true`.
    func writtenText() -> String {
        guard let value = try? decode(JSONValue.self) else { return "" }
        return value.stringValue ?? "\(value)"
    }
}

private struct SeverityKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    var severity: Severity? { Severity(rawValue: stringValue) }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
