import Compliance
import Crypto
import FoundationEssentials
import HTTP

/// A configuration that holds, with what `config show` tells about it.
struct LoadedConfiguration: Sendable {
    var configuration: Configuration
    /// Every setting in force, in the order of the sections.
    var settings: [EffectiveSetting]
    /// Not wrong, but worth a line on standard error.
    var warnings: [String]
    /// Every secret of it, in the forms in which a foreign message might quote it.
    var secrets: [Secret]
    /// The file that was read, if one was.
    var path: String?
}

extension LoadedConfiguration {
    static let defaultPath = "/etc/kushim-jira/config.yaml"

    /// Finds the file and reads every setting. Offline: nothing is contacted.
    ///
    /// - Parameters:
    ///   - path: from `--config`; else `$KUSHIM_JIRA_CONFIG`, else the default path if a file is there.
    ///   - flags: settings given on the command line, by key.
    ///   - usesJira: false for who asks only the database, and may lack what Jira asks for.
    static func load(
        path: String?, flags: [String: (name: String, value: String)] = [:], environment: [String: String],
        defaultPath: String = Self.defaultPath, usesJira: Bool = true
    ) throws(InvalidConfiguration) -> LoadedConfiguration {
        var sources = ConfigurationSources(flags: flags, environment: environment)
        var problems: [ConfigurationProblem] = []
        do throws(ConfigurationProblem) {
            if let path = path ?? environment["KUSHIM_JIRA_CONFIG"].flatMap({ $0.isEmpty ? nil : $0 }) {
                sources.file = try ConfigurationFile.load(path)
            } else if FileContents.exists(defaultPath) {
                sources.file = try ConfigurationFile.load(defaultPath)
            }
        } catch {
            problems.append(error)
        }

        var reader = SettingsReader(sources)
        var configuration = Configuration(&reader)
        configuration.digest = reader.digest
        reader.reportUnknownKeys()
        problems += reader.problems
        if usesJira { problems += reader.jiraProblems }
        guard problems.isEmpty else { throw InvalidConfiguration(problems: problems.inReadingOrder) }
        return LoadedConfiguration(
            configuration: configuration, settings: reader.effective, warnings: reader.warnings,
            secrets: reader.secrets.flatMap(\.quotableForms), path: sources.file?.path)
    }
}

extension LoadedConfiguration {
    /// The names of systemd's credentials that a reload read again, and whose files are as they were when the process started.
    /// Newer releases of systemd may refresh them.
    func credentialsAsAtStart(_ start: Date) -> [String] {
        settings.compactMap { setting in
            guard case .credential(let path) = setting.source else { return nil }
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            if let changedAt = attributes?[.modificationDate] as? Date, changedAt > start { return nil }
            return path.split(separator: "/").last.map(String.init)
        }
    }
}

extension Secret {
    fileprivate var quotableForms: [Secret] {
        let lines = reveal().split(whereSeparator: \.isNewline).map { Secret(String($0)) }
        return (lines.count > 1 ? lines : [self]) + conninfoPasswords
    }
}

extension SettingsReader {
    /// The first 12 hex digits of SHA-256 over all settings as they are shown.
    fileprivate var digest: String {
        let text = effective.map { "\($0.key)=\($0.shownValue)\n" }.joined()
        return SHA256.hash(data: Array(text.utf8)).prefix(6).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    fileprivate var warnings: [String] {
        var warnings = notes
        if let file = sources.file, fileHoldsSecrets, file.isWorldReadable {
            warnings.append(
                "\(file.path) holds secrets and can be read by every user of this machine; run: chmod o= \(file.path)")
        }
        // A misspelt variable is silently nothing at all, so look for names that are nearly ours.
        let known = knownVariables.union(["KUSHIM_JIRA_CONFIG"])
        for name in sources.environment.keys.sorted()
        where ["JIRA_", "KUSHIM_JIRA_", "SLACK_WEBHOOK"].contains(where: name.hasPrefix) && !known.contains(name) {
            let meant = nearestWord(to: name, among: known.sorted()).map { "; did you mean \($0)?" } ?? ""
            warnings.append("the environment variable \(name) is not known and has no effect\(meant)")
        }
        return warnings
    }
}

extension [ConfigurationProblem] {
    /// By file and line, the way an editor would list them; what stands outside files comes first.
    fileprivate var inReadingOrder: [ConfigurationProblem] {
        func key(_ problem: ConfigurationProblem) -> (String, Int) {
            guard let colon = problem.place.lastIndex(of: ":"),
                let line = Int(problem.place[problem.place.index(after: colon)...])
            else { return (problem.place.hasPrefix("/") ? problem.place : "", 0) }
            return (String(problem.place[..<colon]), line)
        }
        return enumerated().sorted { left, right in
            let (a, b) = (key(left.element), key(right.element))
            return a == b ? left.offset < right.offset : a < b
        }.map(\.element)
    }
}
