extension TemplateWarning {
    /// Variables of ours, written as other programs have them: `{{controlId}}`, `${controlId}`, `{ control id }`.
    static func foreign(in text: String, of setting: String) -> [TemplateWarning] {
        var seen: Set<Substring> = []
        return text.matches(of: #/(?<before>[\\$]?)(?<open>\{{1,2})(?<name>[\w -]+)(?<close>\}{1,2})/#).compactMap {
            match in
            let isEscaped = match.before == "\\"
            let isOurs = match.before.isEmpty && match.open.count == 1 && !match.name.contains(" ")
            guard !isEscaped, !isOurs, match.open.count == match.close.count,
                let variable = TemplateValues.names.first(where: { folded($0) == folded(match.name) }),
                seen.insert(match.output.0).inserted
            else { return nil }
            return TemplateWarning(
                setting: setting, variable: variable, problem: .foreign(written: String(match.output.0)))
        }
    }

    private static func folded(_ name: some StringProtocol) -> String {
        name.lowercased().filter { $0.isLetter || $0.isNumber }
    }
}
