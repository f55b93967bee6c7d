package import Jira

/// Checks values against the JSON Schema dialects that Atlassian publishes: draft 4 (ADF) and OpenAPI 3.0.
///
/// Knows `$ref` within the document, `type`, `nullable`, `enum`, `properties`, `required`, `additionalProperties`, `items`,
/// the bounds of strings, arrays and numbers, `pattern`, `uniqueItems`, `allOf`, `anyOf`, `oneOf`, `not`, and
/// `readOnly`/`writeOnly`. Any other keyword that restricts is a problem of its own, so that none is passed over in silence.
package struct JSONSchema: Sendable {
    package enum Direction: Sendable { case request, response }

    let document: JSONValue
    let schema: JSONValue
    /// nil: `readOnly` and `writeOnly` mean nothing.
    var direction: Direction?

    /// - Parameter pointer: where in the document the schema stands, such as `#/components/schemas/Comment`.
    package init(_ document: JSONValue, at pointer: String = "#", direction: Direction? = nil) {
        self.document = document
        self.direction = direction
        schema = Self.resolve(pointer, in: document) ?? ["not": [:]]
    }

    package init(_ document: JSONValue, schema: JSONValue, direction: Direction? = nil) {
        self.document = document
        self.schema = schema
        self.direction = direction
    }

    /// What is wrong, each with its place; empty if the value is valid.
    package func problems(in value: JSONValue) -> [String] {
        problems(value, schema, "$")
    }

    private static let annotations: Set<String> = [
        "description", "title", "example", "default", "format", "xml", "discriminator", "deprecated", "$schema",
        "definitions", "externalDocs", "nullable", "readOnly", "writeOnly", "$ref", "id", "dependencies",
        "exclusiveMinimum",
    ]

    private func problems(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        guard let keywords = schema.objectValue else { return schema == false ? ["\(place): nothing is allowed"] : [] }
        if let pointer = keywords["$ref"]?.stringValue {  // whose neighbours count for nothing
            guard let target = Self.resolve(pointer, in: document) else { return ["\(place): no schema at \(pointer)"] }
            return problems(value, target, place)
        }
        if value == .null, keywords["nullable"] == true { return [] }
        return keywords.filter { !$0.key.hasPrefix("x-") }.sorted { $0.key < $1.key }.flatMap { keyword, argument in
            check(keyword, argument, keywords, value, place)
        }
    }

    private func check(
        _ keyword: String, _ argument: JSONValue, _ schema: JSONObject, _ value: JSONValue, _ place: String
    ) -> [String] {
        switch keyword {
        case "allOf", "anyOf", "oneOf", "not": combination(keyword, argument, value, place)
        case "properties", "required", "additionalProperties": object(keyword, argument, schema, value, place)
        case "items", "minItems", "maxItems", "uniqueItems": array(keyword, argument, value, place)
        case "type":
            (argument.arrayValue ?? [argument]).contains { Self.isOfType($0.stringValue ?? "", value) }
                ? [] : ["\(place): is not of type \(argument)"]
        case "enum": argument.arrayValue?.contains(value) == true ? [] : ["\(place): \(value) is none of \(argument)"]
        case "minLength", "maxLength", "pattern": string(keyword, argument, value, place)
        case "minimum": number(value, place, "is below \(argument)") { $0 >= argument.doubleValue ?? -.infinity }
        case "maximum": number(value, place, "is above \(argument)") { $0 <= argument.doubleValue ?? .infinity }
        case _ where Self.annotations.contains(keyword): []
        default: ["\(place): the keyword \(keyword) is not known here"]
        }
    }

    private func combination(_ keyword: String, _ argument: JSONValue, _ value: JSONValue, _ place: String) -> [String]
    {
        if keyword == "not" {
            return problems(value, argument, place).isEmpty ? ["\(place): is what it must not be"] : []
        }
        let alternatives = argument.arrayValue ?? []
        if keyword == "anyOf", alternatives.contains(where: { problems(value, $0, place).isEmpty }) {
            return []  // found without trying the rest: nested alternatives would multiply
        }
        let results = alternatives.map { problems(value, $0, place) }
        let fitting = results.count(where: \.isEmpty)
        switch keyword {
        case "allOf": return results.flatMap(\.self)
        case "oneOf" where fitting == 1: return []
        case "oneOf" where fitting > 1: return ["\(place): fits \(fitting) alternatives"]
        default: return results.min { $0.count < $1.count } ?? ["\(place): there is no alternative"]
        }
    }

    private func object(
        _ keyword: String, _ argument: JSONValue, _ schema: JSONObject, _ value: JSONValue, _ place: String
    ) -> [String] {
        guard let members = value.objectValue else { return [] }
        switch keyword {
        case "required":
            return (argument.arrayValue ?? []).compactMap(\.stringValue).filter { members[$0] == nil }
                .map { "\(place): lacks \($0)" }
        case "properties":
            return (argument.objectValue ?? [:]).sorted { $0.key < $1.key }.flatMap { name, schema -> [String] in
                guard let member = members[name] else { return [] }
                let isMisplaced =
                    direction == .request && schema["readOnly"] == true
                    || direction == .response && schema["writeOnly"] == true
                return isMisplaced
                    ? ["\(place).\(name): does not belong there"] : problems(member, schema, "\(place).\(name)")
            }
        default:
            let known = schema["properties"]?.objectValue ?? [:]
            return members.filter { known[$0.key] == nil }.sorted { $0.key < $1.key }.flatMap { name, member in
                argument == false
                    ? ["\(place): \(name) is not allowed"] : problems(member, argument, "\(place).\(name)")
            }
        }
    }

    private func array(_ keyword: String, _ argument: JSONValue, _ value: JSONValue, _ place: String) -> [String] {
        guard let elements = value.arrayValue else { return [] }
        switch keyword {
        case "items":
            return elements.enumerated().flatMap { index, element in
                let schema = argument.arrayValue == nil ? argument : argument[index] ?? [:]
                return problems(element, schema, "\(place)[\(index)]")
            }
        case "minItems":
            return Int64(elements.count) >= argument.integerValue ?? 0
                ? [] : ["\(place): has fewer than \(argument) elements"]
        case "maxItems":
            return Int64(elements.count) <= argument.integerValue ?? .max
                ? [] : ["\(place): has more than \(argument) elements"]
        default:
            return argument == true && Set(elements).count < elements.count ? ["\(place): repeats an element"] : []
        }
    }

    private func string(_ keyword: String, _ argument: JSONValue, _ value: JSONValue, _ place: String) -> [String] {
        guard let text = value.stringValue else { return [] }
        let length = Int64(text.unicodeScalars.count)
        switch keyword {
        case "minLength": return length >= argument.integerValue ?? 0 ? [] : ["\(place): is shorter than \(argument)"]
        case "maxLength": return length <= argument.integerValue ?? .max ? [] : ["\(place): is longer than \(argument)"]
        default:
            guard let regex = try? Regex(argument.stringValue ?? "") else {
                return ["\(place): unreadable pattern \(argument)"]
            }
            return text.contains(regex) ? [] : ["\(place): does not match \(argument)"]
        }
    }

    private func number(
        _ value: JSONValue, _ place: String, _ problem: String, _ holds: (Double) -> Bool
    ) -> [String] {
        guard let number = value.doubleValue, !holds(number) else { return [] }
        return ["\(place): \(problem)"]
    }

    private static func isOfType(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("null", .null): true
        case ("integer", _): value.integerValue != nil
        case ("number", _): value.doubleValue != nil
        default: false
        }
    }

    /// A JSON pointer within the document (RFC 6901).
    private static func resolve(_ pointer: String, in document: JSONValue) -> JSONValue? {
        guard pointer.hasPrefix("#") else { return nil }
        var value: JSONValue? = document
        for part in pointer.dropFirst().split(separator: "/") {
            value = value?[String(part.replacing("~1", with: "/").replacing("~0", with: "~"))]
        }
        return value
    }
}
