import FoundationEssentials

/// What a field is sent, and what of it was left out.
package struct FittedValue: Sendable, Hashable {
    /// Nil if nothing is left to be sent.
    package var value: JSONValue?
    /// What could not be said in this field, as a clause: `"gold" is not one of Production, Staging`.
    package var problem: String?

    package init(_ value: JSONValue?, problem: String? = nil) {
        self.value = value
        self.problem = problem
    }
}

extension JiraCreateField {
    /// The texts as this field takes them.
    ///
    /// - Parameters:
    ///   - texts: one for each value; a field that holds a single value takes them as one text.
    ///   - people: by what they are called in the texts; those who are not found are taken as account ids (Cloud) or user
    ///     names (Data Center).
    package func value(
        of texts: [String], for deployment: JiraConnection.Deployment, people: [String: PersonLookup] = [:]
    ) -> FittedValue {
        let texts = texts.map(\.trimmedOfSpace).filter { !$0.isEmpty }
        guard let first = texts.first else { return FittedValue(nil) }
        let whole = texts.count == 1 ? first : texts.joined(separator: ", ")
        switch kind {
        case .line, .other:
            return line(whole)
        case .richText:
            let document = Document(plain: texts.joined(separator: "\n"))
            return FittedValue(deployment == .cloud ? document.adf() : .string(document.wikiMarkup()))
        case .url: return url(whole)
        case .number: return number(whole)
        case .date: return date(whole)
        case .dateTime: return dateTime(whole)
        case .labels: return FittedValue(.array(unique(texts.map { .string($0.jiraLabel) }.filter { $0 != "" })))
        case .group: return FittedValue(["name": .string(whole)])
        case .project, .issue: return FittedValue(["key": .string(whole)])
        case .option, .named: return choice(whole)
        case .cascade: return cascade(whole)
        case .user: return person(whole, deployment, people)
        case .options, .severalNamed: return each(texts, choice)
        case .groups: return each(texts) { FittedValue(["name": .string($0)]) }
        case .users: return each(texts) { person($0, deployment, people) }
        }
    }

    private func each(_ texts: [String], _ fit: (String) -> FittedValue) -> FittedValue {
        let fitted = texts.map(fit)
        let values = unique(fitted.compactMap(\.value))
        let problems = fitted.compactMap(\.problem)
        return FittedValue(
            values.isEmpty ? nil : .array(values), problem: problems.isEmpty ? nil : problems.joined(separator: "; "))
    }

    private func unique(_ values: [JSONValue]) -> [JSONValue] {
        var seen: Set<JSONValue> = []
        return values.filter { seen.insert($0).inserted }
    }

    private func line(_ text: String) -> FittedValue {
        let line = text.singleLine(limit: 255)
        return FittedValue(line.isEmpty ? nil : .string(line))
    }

    /// Jira takes absolute URLs of these schemes in a URL field, and no longer ones than in a single-line text field.
    /// Source: https://support.atlassian.com/jira-cloud-administration/docs/custom-fields-types-in-company-managed-projects/
    private func url(_ text: String) -> FittedValue {
        let isAbsolute = ["https://", "http://", "ftp://"].contains { scheme in
            text.lowercased().hasPrefix(scheme) && text.utf8.count > scheme.utf8.count
        }
        guard isAbsolute, !text.contains(where: \.isWhitespace) else {
            return misfit(text, "is not an absolute URL")
        }
        guard text.utf16.count <= 255 else {
            return misfit(text, "is longer than the 255 characters that the field takes")
        }
        return FittedValue(.string(text))
    }

    private func number(_ text: String) -> FittedValue {
        if let integer = Int64(text) { return FittedValue(.integer(integer)) }
        guard let number = Double(text), number.isFinite else { return misfit(text, "is not a number") }
        return FittedValue(.number(number))
    }

    /// The day as it is written, in whatever zone.
    private func date(_ text: String) -> FittedValue {
        let day = String(text.prefix(10))
        let rest = text.dropFirst(10)
        guard JiraTimestamp.iso8601(day + "T00:00") != nil, rest.isEmpty || JiraTimestamp.iso8601(text) != nil else {
            return misfit(text, "is not a date such as 2026-11-30")
        }
        return FittedValue(.string(day))
    }

    private func dateTime(_ text: String) -> FittedValue {
        guard let moment = JiraTimestamp.iso8601(text) ?? JiraTimestamp.iso8601(text + "T00:00") else {
            return misfit(text, "is not a time in ISO 8601, such as 2026-11-30T10:30:00Z")
        }
        return FittedValue(.string(JiraTimestamp.text(moment)))
    }

    private func choice(_ text: String) -> FittedValue {
        // Without a list, Jira alone knows what it takes.
        guard !allowedValues.isEmpty else {
            return FittedValue(kind == .option || kind == .options ? ["value": .string(text)] : ["name": .string(text)])
        }
        guard let choice = choice(named: text) else {
            return misfit(text, "is not one of \(Self.listed(choices))")
        }
        return FittedValue(choice["id"].map { ["id": $0] } ?? choice)
    }

    /// `EMEA > eu-west-1`, or the first alone.
    private func cascade(_ text: String) -> FittedValue {
        let steps = text.split(separator: ">", maxSplits: 1).map { String($0).trimmedOfSpace }
        guard let first = steps.first else { return FittedValue(nil) }
        guard !allowedValues.isEmpty else {
            var value: [String: JSONValue] = ["value": .string(first)]
            if steps.count == 2 { value["child"] = ["value": .string(steps[1])] }
            return FittedValue(.object(value))
        }
        guard let parent = choice(named: first), let id = parent["id"] else {
            return misfit(first, "is not one of \(Self.listed(choices))")
        }
        guard steps.count == 2 else { return FittedValue(["id": id]) }
        let children = (parent["children"]?.arrayValue ?? []).filter(Self.canBeChosen)
        guard let child = children.first(where: { Self.name(of: $0)?.lowercased() == steps[1].lowercased() })?["id"]
        else {
            let problem = misfit(steps[1], "is not one of \(Self.listed(children.compactMap(Self.name)))").problem
            return FittedValue(["id": id], problem: problem)
        }
        return FittedValue(["id": id, "child": ["id": child]])
    }

    private func person(
        _ text: String, _ deployment: JiraConnection.Deployment, _ people: [String: PersonLookup]
    ) -> FittedValue {
        switch people[text] {
        case .found(let id): FittedValue(deployment.person(id))
        case .missing(let why): FittedValue(nil, problem: why)
        case nil: FittedValue(deployment.person(text))
        }
    }

    private func misfit(_ text: String, _ problem: String) -> FittedValue {
        FittedValue(nil, problem: "\"\(text.singleLine(limit: 60))\" \(problem)")
    }

    /// The first twenty.
    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(20).joined(separator: ", ")
        return names.count > 20 ? shown + " and \(names.count - 20) more" : shown
    }
}

extension JiraConnection.Deployment {
    /// How an account is named in a field.
    package func person(_ id: String) -> JSONValue {
        switch self {
        case .cloud: ["accountId": .string(id)]
        case .dataCenter: ["name": .string(id)]
        }
    }
}

extension String {
    /// As Jira takes a label: without white space, at most 255 UTF-16 units. Empty if nothing is left.
    package var jiraLabel: String {
        if utf8.count <= 255, everyByte(satisfies: { $0 > 0x20 && $0 < 0x7F }) { return self }
        let words = unicodeScalars.split { scalar in
            scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
        }
        return String(words.map { String($0) }.joined(separator: "-").prefix(utf16Units: 255))
    }
}
