/// Where the value in force came from. The order of the cases is the precedence, strongest first.
enum SettingSource: Sendable, Hashable, CustomStringConvertible {
    case flag(String)
    /// The variable; `file` is set where `NAME_FILE` named a file that held the value.
    case environment(String, file: String? = nil)
    case credential(path: String)
    case configurationFile(path: String, line: Int)
    case byDefault

    var description: String {
        switch self {
        case .flag(let name): "flag \(name)"
        case .environment(let name, nil): "environment \(name)"
        case .environment(let name, let file?): "environment \(name) (\(file))"
        case .credential(let path): "credential \(path)"
        case .configurationFile(let path, let line): "\(path):\(line)"
        case .byDefault: "default"
        }
    }

    /// The place as a problem names it.
    var place: String {
        switch self {
        case .flag(let name): name
        case .environment: "environment"
        case .credential(let path): path
        case .configurationFile(let path, let line): "\(path):\(line)"
        case .byDefault: "configuration"
        }
    }
}

/// One line of `config show`: a setting, its value as text, and where that came from.
struct EffectiveSetting: Sendable {
    var key: String
    /// The environment variable that can set it, if one can.
    var variable: String?
    /// The value in force; nil where there is none. Always nil for secrets: a masked value has no text to leak.
    var value: String?
    var isSecret: Bool
    var isSet: Bool
    var source: SettingSource

    /// The part of the key in front of `name`, where that is one of its steps.
    func section(of name: String) -> String? {
        let steps = key.split(separator: ".")
        guard let place = steps.firstIndex(where: { $0 == name }), place > 0 else { return nil }
        return steps[..<place].joined(separator: ".")
    }

    /// For people: `•••` stands for a secret that is set, `-` for what is not set.
    var shownValue: String {
        if !isSet { return "-" }
        return isSecret ? "•••" : (value ?? "-")
    }
}

/// All places a setting can come from, read once.
struct ConfigurationSources: Sendable {
    /// Values given by flags, by setting key; the flag's own name is for messages.
    var flags: [String: (name: String, value: String)] = [:]
    var environment: [String: String] = [:]
    /// systemd's `$CREDENTIALS_DIRECTORY` (systemd.exec(5), "Credentials").
    var credentialsDirectory: String?
    var file: ConfigurationFile?

    init(
        flags: [String: (name: String, value: String)] = [:], environment: [String: String] = [:],
        file: ConfigurationFile? = nil
    ) {
        self.flags = flags
        self.environment = environment
        self.credentialsDirectory = environment["CREDENTIALS_DIRECTORY"].flatMap { $0.isEmpty ? nil : $0 }
        self.file = file
    }
}
