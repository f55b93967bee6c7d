import Yams

/// The YAML configuration file as a tree that remembers the line of everything in it.
///
/// Scalars stay text: whether `off` is a word or a truth value is for the setting to say that reads it, not for YAML 1.1.
struct ConfigurationFile: Sendable {
    var path: String
    var root: Node
    var isWorldReadable: Bool

    indirect enum Node: Sendable {
        case null(line: Int)
        /// `isPlain`: written without quotes, so that `7` may be a number.
        case scalar(String, isPlain: Bool, line: Int)
        case list([Node], line: Int)
        case map([Entry], line: Int)

        var line: Int {
            switch self {
            case .null(let line), .scalar(_, _, let line), .list(_, let line), .map(_, let line): line
            }
        }

        /// What a person would call it.
        var kind: String {
            switch self {
            case .null: "nothing"
            case .scalar: "a single value"
            case .list: "a list"
            case .map: "a map"
            }
        }
    }

    struct Entry: Sendable {
        var key: String
        var line: Int
        var value: Node
    }

    /// The node at a dotted path, with the line where its key stands.
    func entry(at path: String) -> Entry? {
        var found: Entry?
        var node = root
        for name in path.split(separator: ".") {
            guard case .map(let entries, _) = node, let entry = entries.first(where: { $0.key == name }) else {
                return nil
            }
            found = entry
            node = entry.value
        }
        return found
    }
}

extension ConfigurationFile {
    /// Reads and parses the file.
    static func load(_ path: String) throws(ConfigurationProblem) -> ConfigurationFile {
        let contents: FileContents
        do {
            contents = try FileContents.read(path)
        } catch {
            throw ConfigurationProblem(
                place: path, key: nil, message: "cannot read the configuration file: \(error.reason)",
                remedy: error.isMissing ? "name an existing file with --config" : "let the daemon's user read it")
        }
        guard let text = String(validating: contents.bytes, as: UTF8.self) else {
            throw ConfigurationProblem(place: path, key: nil, message: "is not UTF-8 text", remedy: "save it as UTF-8")
        }
        var file = try parse(text, path: path)
        file.isWorldReadable = contents.isWorldReadable
        return file
    }

    static func parse(_ yaml: String, path: String) throws(ConfigurationProblem) -> ConfigurationFile {
        let root: Yams.Node?
        do {
            root = try Parser(yaml: yaml, resolver: .basic).singleRoot()
        } catch let error as YamlError {
            throw problem(error, in: yaml, path: path)
        } catch {
            throw ConfigurationProblem(place: path, key: nil, message: "\(error)", remedy: "")
        }
        var converted = Node.null(line: 1)
        var count = 0
        if let root { converted = try node(root, path: path, &count) }
        switch converted {
        case .null(let line): converted = .map([], line: line)
        case .map: break
        default:
            throw ConfigurationProblem(
                place: "\(path):\(converted.line)", key: nil, message: "the file is \(converted.kind)",
                remedy: "write settings as `section:` with `key: value` under it")
        }
        return ConfigurationFile(path: path, root: converted, isWorldReadable: false)
    }

    /// More than any configuration has. Aliases of aliases are few bytes and may stand for more values than the memory holds.
    private static let mostValues = 100_000

    /// - Parameter count: of the values so far, those that an alias stands for included.
    private static func node(
        _ node: Yams.Node, path: String, _ count: inout Int
    ) throws(ConfigurationProblem) -> Node {
        let line = node.mark?.line ?? 1
        count += 1
        guard count <= mostValues else {
            throw ConfigurationProblem(
                place: "\(path):\(line)", key: nil,
                message: "the file has more than \(mostValues) values, those that aliases stand for included",
                remedy: "write out what is meant instead of an alias (*name)")
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            if isPlain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .null(line: line) }
            return .scalar(scalar.string, isPlain: isPlain, line: line)
        case .sequence(let sequence):
            var nodes: [Node] = []
            for element in sequence { nodes.append(try self.node(element, path: path, &count)) }
            return .list(nodes, line: line)
        case .mapping(let mapping):
            var entries: [Entry] = []
            for (key, value) in mapping {
                let keyLine = key.mark?.line ?? line
                guard case .scalar(let scalar) = key else {
                    throw ConfigurationProblem(
                        place: "\(path):\(keyLine)", key: nil, message: "a key is a list or a map",
                        remedy: "use a plain word as the key")
                }
                entries.append(
                    Entry(key: scalar.string, line: keyLine, value: try self.node(value, path: path, &count)))
            }
            return .map(entries, line: line)
        case .alias:
            throw ConfigurationProblem(
                place: "\(path):\(line)", key: nil, message: "an alias that names no anchor",
                remedy: "write the value out")
        }
    }

    private static func problem(_ error: YamlError, in yaml: String, path: String) -> ConfigurationProblem {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let setting = context.map { " (\($0.text), which began in line \($0.mark.line))" } ?? ""
            return ConfigurationProblem(
                place: "\(path):\(mark.line)", key: nil, message: "not valid YAML: \(problem)\(setting)",
                remedy: YAMLSource(yaml).remedy(at: mark.line, column: mark.column))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.joined(separator: ", ")
            let lines = YAMLSource(yaml).lines(
                ofKey: duplicates.first ?? "", from: context.mark.line, column: context.mark.column)
            let first = lines.count > 1 ? ", first in line \(lines[0])" : ""
            return ConfigurationProblem(
                place: "\(path):\(lines.count > 1 ? lines[1] : context.mark.line)", key: nil,
                message: "\(names): the key stands twice in the same map\(first)", remedy: "keep one of them")
        case .reader(let problem, _, _, _):
            return ConfigurationProblem(
                place: "\(path):\(YAMLSource(yaml).lineOfUnprintable)", key: nil,
                message: "not valid YAML: \(problem)", remedy: "remove control characters")
        default:
            return ConfigurationProblem(place: path, key: nil, message: "not valid YAML: \(error)", remedy: "")
        }
    }
}
