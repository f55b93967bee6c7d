/// A document that Atlassian's rules forbid, with the place.
struct ADFViolation: Error, CustomStringConvertible {
    var path: String
    var message: String
    var description: String { "\(path): \(message)" }

    /// Seen from the node around it.
    func inside(_ place: String) -> ADFViolation {
        ADFViolation(path: path.isEmpty ? place : "\(place).\(path)", message: message)
    }
}

/// The rules of the Atlassian Document Format, as strict as its schemas of 2023 and 2026 together.
///
/// Source: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/ and the JSON schema of
/// @atlaskit/adf-schema. Media, layouts, decisions and tasks are left out: they need uploads or apps.
enum ADFRules {
    static func check(_ document: JSON) throws(ADFViolation) {
        guard case .object(let members) = document else {
            throw ADFViolation(path: "document", message: "not an object")
        }
        do throws(ADFViolation) {
            try onlyKeys(documentKeys, in: members)
        } catch {
            throw error.inside("document")
        }
        guard members["type"] == "doc" else { throw ADFViolation(path: "document.type", message: "must be \"doc\"") }
        guard members["version"]?.intValue == 1 else {
            throw ADFViolation(path: "document.version", message: "must be 1")
        }
        guard let content = members["content"]?.arrayValue else {
            throw ADFViolation(path: "document.content", message: "must be an array")
        }
        try children(content, allowed: topLevel, depth: 0)
    }

    private struct Rule {
        var children: Set<String> = []
        var minimumChildren = 0
        var firstChild: Set<String>?
        /// Known attributes and what each must be; those that must be there.
        var attributes: [String: @Sendable (JSON) -> Bool] = [:]
        var required: Set<String> = []
        var textHasMarks = true
        var textHasNewlines = false
    }

    private static let documentKeys: Set = ["version", "type", "content"]
    private static let nodeKeys: Set = ["type", "attrs", "content"]
    private static let textKeys: Set = ["type", "text", "marks"]
    private static let markKeys: Set = ["type", "attrs"]

    private static let inline: Set = ["text", "hardBreak", "emoji", "status", "inlineCard", "mention", "date"]
    private static let topLevel: Set = [
        "paragraph", "heading", "bulletList", "orderedList", "codeBlock", "rule", "panel", "blockquote", "table",
        "expand",
    ]
    private static let cell = Rule(
        children: topLevel.subtracting(["table", "expand"]), minimumChildren: 1,
        attributes: [
            "colspan": { $0.intValue != nil }, "rowspan": { $0.intValue != nil },
            "colwidth": { $0.arrayValue != nil }, "background": { $0.stringValue != nil },
        ])

    private static let rules: [String: Rule] = [
        "paragraph": Rule(children: inline),
        "heading": Rule(
            children: inline, attributes: ["level": { (1...6).contains($0.intValue ?? 0) }], required: ["level"]),
        "bulletList": Rule(children: ["listItem"], minimumChildren: 1),
        "orderedList": Rule(
            children: ["listItem"], minimumChildren: 1, attributes: ["order": { ($0.intValue ?? -1) >= 0 }]),
        "listItem": Rule(
            children: ["paragraph", "bulletList", "orderedList", "codeBlock"], minimumChildren: 1,
            firstChild: ["paragraph", "codeBlock"]),
        "codeBlock": Rule(
            children: ["text"], attributes: ["language": { $0.stringValue != nil }], textHasMarks: false,
            textHasNewlines: true),
        "rule": Rule(),
        "panel": Rule(
            children: ["paragraph", "heading", "bulletList", "orderedList"], minimumChildren: 1,
            attributes: ["panelType": oneOf("info", "note", "tip", "warning", "error", "success")],
            required: ["panelType"]),
        "blockquote": Rule(children: ["paragraph"], minimumChildren: 1),
        "table": Rule(
            children: ["tableRow"], minimumChildren: 1,
            attributes: [
                "isNumberColumnEnabled": { $0.boolValue != nil }, "layout": { $0.stringValue != nil },
            ]),
        "tableRow": Rule(children: ["tableHeader", "tableCell"], minimumChildren: 1),
        "tableHeader": cell,
        "tableCell": cell,
        "expand": Rule(
            children: topLevel.subtracting(["expand"]), minimumChildren: 1,
            attributes: ["title": { $0.stringValue != nil }]),
        "hardBreak": Rule(attributes: ["text": { $0 == "\n" }]),
        "emoji": Rule(
            attributes: [
                "shortName": { $0.stringValue != nil }, "id": { $0.stringValue != nil },
                "text": { $0.stringValue != nil },
            ], required: ["shortName"]),
        "status": Rule(
            attributes: [
                "text": { $0.stringValue?.isEmpty == false },
                "color": oneOf("neutral", "purple", "blue", "red", "yellow", "green"),
                "style": { $0.stringValue != nil },
            ], required: ["text", "color"]),
        "inlineCard": Rule(attributes: ["url": { $0.stringValue != nil }], required: ["url"]),
        "mention": Rule(
            attributes: [
                "id": { $0.stringValue != nil }, "text": { $0.stringValue != nil },
                "accessLevel": { $0.stringValue != nil }, "userType": { $0.stringValue != nil },
            ], required: ["id"]),
        "date": Rule(attributes: ["timestamp": { $0.stringValue?.isEmpty == false }], required: ["timestamp"]),
    ]

    private static let marks: [String: Rule] = [
        "strong": Rule(), "em": Rule(), "underline": Rule(), "strike": Rule(), "code": Rule(),
        "link": Rule(
            attributes: ["href": { $0.stringValue?.isEmpty == false }, "title": { $0.stringValue != nil }],
            required: ["href"]),
        "subsup": Rule(attributes: ["type": oneOf("sub", "sup")], required: ["type"]),
        "textColor": Rule(attributes: ["color": { isColor($0) }], required: ["color"]),
    ]

    private static func node(
        _ value: JSON, allowed: Set<String>, depth: Int, parent: Rule?
    ) throws(ADFViolation) {
        guard case .object(let members) = value, let type = members["type"]?.stringValue else {
            throw ADFViolation(path: "", message: "a node must be an object with a type")
        }
        guard depth < 60 else { throw ADFViolation(path: "", message: "nested too deeply") }
        guard allowed.contains(type) else { throw ADFViolation(path: "", message: "a \(type) may not stand here") }
        if type == "text" {
            try text(
                members, hasMarks: parent?.textHasMarks ?? true, newlines: parent?.textHasNewlines ?? false)
            return
        }
        guard let rule = rules[type] else { throw ADFViolation(path: "", message: "unknown node \(type)") }
        try onlyKeys(nodeKeys, in: members)
        try attributes(members["attrs"], rule)
        if members["content"] != nil, rule.children.isEmpty {
            throw ADFViolation(path: "", message: "a \(type) has no content")
        }
        guard let content = (members["content"] ?? []).arrayValue else {
            throw ADFViolation(path: "content", message: "must be an array")
        }
        guard content.count >= rule.minimumChildren else {
            throw ADFViolation(path: "", message: "a \(type) must not be empty")
        }
        if let first = rule.firstChild, let found = content.first?["type"]?.stringValue, !first.contains(found) {
            throw ADFViolation(path: "", message: "a \(type) must not begin with a \(found)")
        }
        try children(content, allowed: rule.children, depth: depth + 1, parent: rule)
    }

    /// Where something is wrong is told on the way back, since nearly always nothing is.
    private static func children(
        _ content: [JSON], allowed: Set<String>, depth: Int, parent: Rule? = nil
    ) throws(ADFViolation) {
        for (index, child) in content.enumerated() {
            do throws(ADFViolation) {
                try node(child, allowed: allowed, depth: depth, parent: parent)
            } catch {
                throw error.inside("content[\(index)]")
            }
        }
    }

    private static func text(
        _ members: [String: JSON], hasMarks: Bool, newlines: Bool
    ) throws(ADFViolation) {
        try onlyKeys(textKeys, in: members)
        guard let text = members["text"]?.stringValue, !text.isEmpty else {
            throw ADFViolation(path: "", message: "text must not be empty")
        }
        if !newlines, text.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            throw ADFViolation(path: "", message: "a line break in text; use hardBreak")
        }
        guard let list = (members["marks"] ?? []).arrayValue else {
            throw ADFViolation(path: "marks", message: "must be an array")
        }
        guard hasMarks || list.isEmpty else { throw ADFViolation(path: "", message: "no marks in a code block") }
        var types: Set<String> = []
        for (index, mark) in list.enumerated() {
            do throws(ADFViolation) {
                let type = try checkedMark(mark)
                guard types.insert(type).inserted else { throw ADFViolation(path: "", message: "\(type) twice") }
            } catch {
                throw error.inside("marks[\(index)]")
            }
        }
        if types.contains("code"), !types.isSubset(of: ["code", "link"]) {
            throw ADFViolation(path: "", message: "code goes together with link only")
        }
    }

    private static func checkedMark(_ mark: JSON) throws(ADFViolation) -> String {
        guard case .object(let members) = mark, let type = members["type"]?.stringValue, let rule = marks[type] else {
            throw ADFViolation(path: "", message: "unknown mark")
        }
        try onlyKeys(markKeys, in: members)
        try attributes(members["attrs"], rule)
        return type
    }

    private static func attributes(_ value: JSON?, _ rule: Rule) throws(ADFViolation) {
        guard let attributes = (value ?? [:]).objectValue else {
            throw ADFViolation(path: "attrs", message: "must be an object")
        }
        if value != nil, rule.attributes.isEmpty {
            throw ADFViolation(path: "attrs", message: "no attributes may stand here")
        }
        for (name, value) in attributes {
            guard let isValid = rule.attributes[name] else {
                throw ADFViolation(path: "attrs.\(name)", message: "unknown attribute")
            }
            guard isValid(value) else { throw ADFViolation(path: "attrs.\(name)", message: "wrong value") }
        }
        if let missing = rule.required.first(where: { attributes[$0] == nil }) {
            throw ADFViolation(path: "attrs.\(missing)", message: "is missing")
        }
    }

    private static func onlyKeys(
        _ keys: Set<String>, in members: [String: JSON]
    ) throws(ADFViolation) {
        if let unknown = members.keys.first(where: { !keys.contains($0) }) {
            throw ADFViolation(path: unknown, message: "unknown key")
        }
    }

    private static func oneOf(_ values: String...) -> @Sendable (JSON) -> Bool {
        { value in value.stringValue.map(values.contains) ?? false }
    }

    private static func isColor(_ value: JSON) -> Bool {
        guard let text = value.stringValue else { return false }
        return text.utf8.count == 7 && text.hasPrefix("#") && UInt32(text.dropFirst(), radix: 16) != nil
    }
}
