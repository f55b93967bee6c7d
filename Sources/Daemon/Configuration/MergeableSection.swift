import Compliance
import FoundationEssentials
import Jira

/// A section that customers can override (`tickets`, `sla`). It is decoded from JSON as their merge patches are, so one
/// decoder decides what is valid; here its findings get back the file and line that JSON has lost.
struct MergeableSection<Section: Codable & Sendable> {
    var name: String
    var keys: KnownKeys
    /// Top-level keys that are settings of their own, since a variable can set them too.
    var readElsewhere: Set<String> = []

    /// The section with the file's values over the defaults. Each key is tried by itself: one that is wrong hides no other.
    func read(_ reader: inout SettingsReader, default section: Section) -> Section {
        let node = reader.structure(name)
        var section = section
        if let node, let file = reader.sources.file {
            if case .map(let entries, _) = node {
                section = decode(entries, node, file.path, &reader) ?? section
            } else {
                reader.report(
                    ConfigurationProblem(
                        place: "\(file.path):\(node.line)", key: name, message: "is \(node.kind)",
                        remedy: "write its settings under it, indented"))
            }
        }
        show(section, node, &reader)
        return section
    }

    private func decode(
        _ entries: [ConfigurationFile.Entry], _ node: ConfigurationFile.Node, _ path: String,
        _ reader: inout SettingsReader
    ) -> Section? {
        reportUnknown(in: node, keys, under: [], node, path, &reader)
        reportUnquoted(in: node, path, &reader)
        var valid: [String: JSONValue] = [:]
        for entry in entries where keys.children[entry.key] != nil && !readElsewhere.contains(entry.key) {
            let value = entry.value.json
            do {
                _ = try Self.decode([entry.key: value])
                valid[entry.key] = value
            } catch let error as DecodingError {
                let problem = SectionProblem.of(error, in: name, root: node, keys: keys, file: path)
                // A key that is unknown was complained about already.
                if !reader.problems.contains(where: { $0.place == problem.place && $0.key == problem.key }) {
                    reader.report(problem)
                }
            } catch {
                reader.report(
                    ConfigurationProblem(
                        place: "\(path):\(entry.line)", key: "\(name).\(entry.key)", message: "\(error)", remedy: ""))
            }
        }
        return try? Self.decode(valid)
    }

    private static func decode(_ members: [String: JSONValue]) throws -> Section {
        try JSONDecoder().decode(Section.self, from: Data(JSONValue.object(members).serialized()))
    }

    private func reportUnknown(
        in node: ConfigurationFile.Node, _ keys: KnownKeys, under path: [String], _ root: ConfigurationFile.Node,
        _ file: String, _ reader: inout SettingsReader
    ) {
        switch node {
        case .map(let entries, _) where !keys.isOpen && !keys.children.isEmpty:
            for entry in entries {
                guard let known = keys.children[entry.key] else {
                    let place = SectionProblem.key(name, path)
                    let remedy =
                        keys.remedy(forUnknown: entry.key)
                        ?? "known under \(place): \(keys.children.keys.sorted().joined(separator: ", "))"
                    reader.report(
                        ConfigurationProblem(
                            misplaced: keys.section(leadingTo: entry.key), place: "\(file):\(entry.line)",
                            key: SectionProblem.key(name, path + [entry.key]), remedy: remedy))
                    continue
                }
                reportUnknown(in: entry.value, known, under: path + [entry.key], root, file, &reader)
            }
        case .list(let elements, _):
            guard let element = keys.element else { return }
            for (index, value) in elements.enumerated() {
                reportUnknown(in: value, element, under: path + [String(index)], root, file, &reader)
            }
        default: break
        }
    }

    /// Where the keys are Jira's, a map without values would be sent as it stands.
    private func reportUnquoted(in node: ConfigurationFile.Node, _ file: String, _ reader: inout SettingsReader) {
        for name in keys.order where keys.children[name]?.isOpen == true {
            guard case .map(let entries, _)? = node.value(at: [name]) else { continue }
            for (path, template) in entries.flatMap({ $0.value.unquotedTemplates(at: [name, $0.key]) }) {
                let (message, remedy) = SectionProblem.words(forUnquoted: template)
                reader.report(
                    ConfigurationProblem(
                        place: "\(file):\(node.line(at: path))", key: SectionProblem.key(self.name, path),
                        message: message, remedy: remedy))
            }
        }
    }

    // MARK: Showing

    private func show(_ section: Section, _ node: ConfigurationFile.Node?, _ reader: inout SettingsReader) {
        guard let data = try? JSONEncoder().encode(section), let json = try? JSONValue(parsing: Array(data)) else {
            return
        }
        for key in keys.order where !readElsewhere.contains(key) {
            show(json[key], [key], keys.children[key] ?? .leaf, node, &reader)
        }
    }

    private func show(
        _ value: JSONValue?, _ path: [String], _ keys: KnownKeys, _ node: ConfigurationFile.Node?,
        _ reader: inout SettingsReader
    ) {
        if let members = value?.objectValue, !members.isEmpty, !keys.children.isEmpty || keys.isOpen {
            for key in keys.isOpen ? members.keys.sorted() : keys.order {
                show(members[key], path + [key], keys.children[key] ?? .leaf, node, &reader)
            }
            return
        }
        var source = SettingSource.byDefault
        if let file = reader.sources.file, let node, node.holds(path) {
            source = .configurationFile(path: file.path, line: node.line(at: path))
        }
        reader.show(
            EffectiveSetting(
                key: SectionProblem.key(name, path), variable: nil, value: value.map { $0.stringValue ?? "\($0)" },
                isSecret: false, isSet: value != nil, source: source))
    }
}

extension ConfigurationFile.Node {
    /// What stands at a path of keys and indices.
    func value(at path: some Sequence<String>) -> ConfigurationFile.Node? {
        var node = self
        for step in path {
            switch node {
            case .map(let entries, _):
                guard let entry = entries.first(where: { $0.key == step }) else { return nil }
                node = entry.value
            case .list(let nodes, _):
                guard let index = Int(step), nodes.indices.contains(index) else { return nil }
                node = nodes[index]
            case .null, .scalar: return nil
            }
        }
        return node
    }

    fileprivate func holds(_ path: [String]) -> Bool {
        if case .null? = value(at: path) { return false }
        return value(at: path) != nil
    }
}
