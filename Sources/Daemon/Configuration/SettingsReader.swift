import Compliance
import HTTP

/// Reads settings one by one from wherever they are given, and remembers three things: the value in force of each and
/// where it came from, which keys exist at all, and every problem met on the way. Reading a setting is what declares it,
/// so a setting stands in one place in the code.
struct SettingsReader {
    let sources: ConfigurationSources
    private(set) var effective: [EffectiveSetting] = []
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var knownKeys: Set<String> = []
    private(set) var knownVariables: Set<String> = []
    /// Every secret that was read, for those who keep them out of the logs.
    private(set) var secrets: [Secret] = []
    private(set) var notes: [String] = []
    /// What only those are kept from who talk to Jira: a shell need not have the credentials of the daemon.
    private(set) var jiraProblems: [ConfigurationProblem] = []
    /// Whether the configuration file itself holds a secret.
    private(set) var fileHoldsSecrets = false
    /// Maps whose keys are the operator's own (customer fields, channels): nothing under them is unknown.
    private var openKeys: Set<String> = []

    init(_ sources: ConfigurationSources) {
        self.sources = sources
    }

    // MARK: Single values

    /// A setting that always has a value.
    mutating func value<Value>(
        _ key: String, variable: String? = nil, _ format: SettingFormat<Value>, default fallback: Value
    ) -> Value {
        guard let found = optional(key, variable: variable, format, shownDefault: format.print(fallback)) else {
            return fallback
        }
        return found
    }

    /// A setting that may be absent. An unusable value counts as absent, with a problem noted.
    mutating func optional<Value>(
        _ key: String, variable: String? = nil, _ format: SettingFormat<Value>, shownDefault: String? = nil
    ) -> Value? {
        declare(key, variable)
        var value: Value?
        let found = find(key, variable: variable, acceptsFile: false)
        if let found {
            do throws(UnfitValue) {
                value = try format.read(found.text)
            } catch {
                note(key, variable, found.source, error)
            }
        }
        effective.append(
            EffectiveSetting(
                key: key, variable: variable, value: value.map(format.print) ?? shownDefault, isSecret: false,
                isSet: value != nil || shownDefault != nil,
                source: value == nil ? .byDefault : found?.source ?? .byDefault))
        return value
    }

    /// A secret: also accepted as `NAME_FILE` / `key_file`, never shown.
    mutating func secret(_ key: String, variable: String? = nil, isMultiline: Bool = false) -> Secret? {
        declare(key, variable)
        declare(key + "_file", variable.map { $0 + "_FILE" })
        // Even one that something stronger overrides lies there to be read.
        if case .scalar? = sources.file?.entry(at: key)?.value { fileHoldsSecrets = true }
        var value: Secret?
        let found = find(key, variable: variable, acceptsFile: true)
        if let found {
            let text = found.text
            if text.utf8.contains(0) {
                note(
                    key, variable, found.source,
                    UnfitValue(message: "holds a NUL byte", remedy: "store it as plain text"))
            } else if !isMultiline, text.contains(where: \.isNewline) {
                note(
                    key, variable, found.source,
                    UnfitValue(message: "holds a line break", remedy: "give the token alone, on one line"))
            } else if !isMultiline, text.contains(where: \.isWhitespace) && text.allSatisfy(\.isWhitespace) {
                note(
                    key, variable, found.source, UnfitValue(message: "is blank", remedy: "give the token, or remove it")
                )
            } else {
                value = Secret(text)
                secrets.append(Secret(text))
            }
        }
        effective.append(
            EffectiveSetting(
                key: key, variable: variable, value: nil, isSecret: true, isSet: value != nil,
                source: value == nil ? .byDefault : found?.source ?? .byDefault))
        if let found { noteOtherSources(of: key, variable: variable, used: found.source) }
        return value
    }

    /// A secret that was changed in one place and not in the other is refused, and it is hard to see why.
    private mutating func noteOtherSources(of key: String, variable: String?, used: SettingSource) {
        var others: [SettingSource] = []
        if let variable, let directory = sources.credentialsDirectory {
            let path = directory + "/" + variable.lowercased()
            if FileContents.exists(path) { others.append(.credential(path: path)) }
        }
        var inFile: [SettingSource] = []
        if let file = sources.file {
            for name in [key, key + "_file"] {
                guard let entry = file.entry(at: name), case .scalar = entry.value else { continue }
                inFile.append(.configurationFile(path: file.path, line: entry.line))
            }
        }
        if inFile.count > 1 { report(key, "given twice, as \(key) and as \(key)_file", remedy: "keep one of them") }
        if case .configurationFile = used { return }
        for other in (others + inFile.prefix(1)) where other != used {
            notes.append("\(key) is given twice: \(used) is used, and \(other) is not; keep one of them")
        }
    }

    // MARK: Structures (configuration file only)

    /// The node at `key`, for settings that are lists or maps. Whoever asks takes over checking what is inside.
    mutating func structure(_ key: String) -> ConfigurationFile.Node? {
        declare(key, nil)
        openKeys.insert(key)
        guard let entry = sources.file?.entry(at: key) else { return nil }
        if case .null = entry.value { return nil }
        return entry.value
    }

    /// Adds a line to `config show` for a setting that was read as a structure.
    mutating func show(_ setting: EffectiveSetting) {
        effective.append(setting)
    }

    // MARK: Problems

    /// Reports that settings, each fine by itself, do not go together; the place is where `key` was given.
    mutating func report(_ key: String, _ message: String, remedy: String) {
        let setting = effective.last { $0.key == key }
        let source = setting?.source ?? .byDefault
        note(key, setting?.variable, source, UnfitValue(message: message, remedy: remedy))
    }

    /// The same for a setting known by its variable.
    mutating func report(variable: String, _ message: String, remedy: String) {
        let setting = effective.last { $0.variable == variable }
        guard let setting, setting.isSet else {
            problems.append(
                ConfigurationProblem(place: "configuration", key: variable, message: message, remedy: remedy))
            return
        }
        report(setting.key, message, remedy: remedy)
    }

    /// Reports what matters only to those who talk to Jira.
    mutating func reportForJira(variable: String, _ message: String, remedy: String) {
        let before = problems
        report(variable: variable, message, remedy: remedy)
        jiraProblems += problems[before.count...]
        problems = before
    }

    /// Something worth a line to the operator that is not wrong.
    mutating func warn(_ note: String) {
        notes.append(note)
    }

    mutating func report(_ problem: ConfigurationProblem) {
        problems.append(problem)
    }

    func isSet(_ key: String) -> Bool {
        effective.contains { $0.key == key && $0.isSet }
    }

    /// Whether a setting of that section is already complained about, so that what follows from it need not be.
    func hasProblems(under section: String) -> Bool {
        let variables = Set(effective.filter { $0.key.hasPrefix(section + ".") }.compactMap(\.variable))
        return problems.contains { $0.key.map { $0.hasPrefix(section + ".") || variables.contains($0) } ?? false }
    }

    private mutating func note(_ key: String, _ variable: String?, _ source: SettingSource, _ unfit: UnfitValue) {
        var name: String? = key
        switch source {
        case .environment(let variable, _): name = variable
        case .credential: name = variable
        case .flag: name = nil
        case .configurationFile, .byDefault: break
        }
        problems.append(
            ConfigurationProblem(place: source.place, key: name, message: unfit.message, remedy: unfit.remedy))
    }

    // MARK: Finding

    private mutating func declare(_ key: String, _ variable: String?) {
        var path = ""
        for part in key.split(separator: ".") {
            path += path.isEmpty ? String(part) : ".\(part)"
            knownKeys.insert(path)
        }
        if let variable { knownVariables.insert(variable) }
    }

    private mutating func find(
        _ key: String, variable: String?, acceptsFile: Bool
    ) -> (text: String, source: SettingSource)? {
        if let flag = sources.flags[key] { return (flag.value, .flag(flag.name)) }
        if let variable {
            // An empty variable counts as not set: compose files and unit templates leave many of them empty.
            let direct = sources.environment[variable].flatMap { Self.isNothing($0) ? nil : $0 }
            let file =
                acceptsFile
                ? sources.environment[variable + "_FILE"].flatMap { Self.isNothing($0) ? nil : $0 }
                    .map { unquoted($0, variable + "_FILE") } : nil
            if direct != nil, file != nil {
                problems.append(
                    ConfigurationProblem(
                        place: "environment", key: variable,
                        message: "given twice, as \(variable) and as \(variable)_FILE",
                        remedy: "keep one of them"))
            }
            if let direct { return (unquoted(direct, variable), .environment(variable)) }
            if let file {
                let source = SettingSource.environment(variable + "_FILE", file: file)
                return contents(of: file, key: key, variable: variable, source).map { ($0, source) }
            }
            if let directory = sources.credentialsDirectory {
                let path = directory + "/" + variable.lowercased()
                let source = SettingSource.credential(path: path)
                if let text = contents(of: path, key: key, variable: variable, source, mayBeMissing: true) {
                    return (text, source)
                }
            }
        }
        return findInFile(key, variable: variable, acceptsFile: acceptsFile)
    }

    /// Also what an env file says with nothing between quotation marks.
    private static func isNothing(_ text: String) -> Bool { ["", "\"\"", "''"].contains(text) }

    /// `docker run --env-file` and others give the quotes round a value along, which a shell would take off. No setting begins and ends
    /// with one; only a password might.
    private mutating func unquoted(_ text: String, _ variable: String) -> String {
        guard text.utf8.count > 2, let quote = text.first, quote == "\"" || quote == "'", text.last == quote else {
            return text
        }
        guard !variable.contains("PASSWORD") else {
            warn("\(variable) begins and ends with a quotation mark, which is taken for a part of it")
            return text
        }
        let note =
            "\(variable) stands in quotation marks, as some tools pass on what an env file says; it is read without them"
        if !notes.contains(note) { warn(note) }
        return String(text.dropFirst().dropLast())
    }

    private mutating func findInFile(
        _ key: String, variable: String?, acceptsFile: Bool
    ) -> (text: String, source: SettingSource)? {
        guard let file = sources.file else { return nil }
        if let entry = file.entry(at: key) {
            let source = SettingSource.configurationFile(path: file.path, line: entry.line)
            switch entry.value {
            case .scalar(let text, _, _): return (text, source)
            case .null: break
            case .list, .map:
                note(
                    key, variable, source,
                    UnfitValue(message: "is \(entry.value.kind)", remedy: "write one value after the colon"))
                return nil
            }
        }
        if acceptsFile, let entry = file.entry(at: key + "_file"), case .scalar(let path, _, _) = entry.value {
            let source = SettingSource.configurationFile(path: file.path, line: entry.line)
            return contents(of: path, key: key + "_file", variable: nil, source).map { ($0, source) }
        }
        return nil
    }

    /// The file's text without the one line break that editors and `echo` leave at its end.
    private mutating func contents(
        of path: String, key: String, variable: String?, _ source: SettingSource, mayBeMissing: Bool = false
    ) -> String? {
        let bytes: [UInt8]
        do throws(FileContents.Unreadable) {
            bytes = try FileContents.read(path, limit: 64 << 10).bytes
        } catch {
            if mayBeMissing, error.isMissing { return nil }
            note(
                key, variable, source,
                UnfitValue(
                    message: "cannot read \(path): \(error.reason)", remedy: "let the daemon's user read that file"))
            return nil
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            note(
                key, variable, source,
                UnfitValue(message: "\(path) is not UTF-8 text", remedy: "store it as plain text"))
            return nil
        }
        if text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else {
            note(key, variable, source, UnfitValue(message: "\(path) is empty", remedy: "write the value into it"))
            return nil
        }
        return text
    }

    // MARK: Unknown keys

    /// Every key of the file that no setting has read, each with the nearest one that exists.
    mutating func reportUnknownKeys() {
        guard let file = sources.file else { return }
        reportUnknown(in: file.root, under: "", file.path)
    }

    private mutating func reportUnknown(in node: ConfigurationFile.Node, under path: String, _ file: String) {
        guard case .map(let entries, _) = node else { return }
        for entry in entries {
            let full = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            guard knownKeys.contains(full), !entry.key.contains(".") else {
                problems.append(
                    ConfigurationProblem(
                        misplaced: section(leadingTo: entry.key, full), place: "\(file):\(entry.line)",
                        key: full, remedy: remedy(forUnknown: entry.key, under: path)))
                continue
            }
            if openKeys.contains(full) { continue }
            let isSection = knownKeys.contains { $0.hasPrefix(full + ".") }
            if isSection {
                switch entry.value {
                case .map, .null: break
                case .scalar, .list:
                    problems.append(
                        ConfigurationProblem(
                            place: "\(file):\(entry.line)", key: full, message: "is \(entry.value.kind)",
                            remedy: "write its settings under it, indented"))
                }
                reportUnknown(in: entry.value, under: full, file)
            }
        }
    }

    private func section(leadingTo key: String, _ full: String) -> (section: String, rest: String)? {
        let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, knownKeys.contains(full) || effective.contains(where: { $0.key == full }) else {
            return nil
        }
        return (parts[0], parts[1])
    }

    private func remedy(forUnknown key: String, under path: String) -> String {
        let prefix = path.isEmpty ? "" : path + "."
        let siblings = knownKeys.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains(".") }
            .map { String($0.dropFirst(prefix.count)) }.sorted()
        if let near = nearestWord(to: key, among: siblings) { return "did you mean \(near)?" }
        let elsewhere = knownKeys.filter { $0.hasSuffix(".\(key)") }.sorted()
        if let other = elsewhere.first { return "it belongs under \(other.dropLast(key.count + 1))" }
        // What stands in a structure is known by what is shown of it.
        if let section = effective.lazy.compactMap({ $0.section(of: key) }).first {
            return "it belongs under \(section)"
        }
        let place = path.isEmpty ? "at the top" : "under \(path)"
        return "known \(place): \(siblings.filter { !$0.hasSuffix("_file") }.joined(separator: ", "))"
    }
}
