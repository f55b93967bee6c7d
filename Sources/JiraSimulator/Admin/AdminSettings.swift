extension SimulatedProject {
    var adminJSON: JSON {
        [
            "key": .string(key), "name": .string(name), "requiredFields": JSON(requiredFields.sorted()),
            "hiddenFields": JSON(hiddenFields.sorted()), "archived": .bool(isArchived),
            "permissions": JSON(permissions.sorted()), "priorities": JSON(priorities.map(\.name)),
            "validators": .object(validators.mapValues { .string($0) }),
            "issueTypes": JSON(issueTypes.map(\.name)), "components": JSON(components), "versions": JSON(versions),
            "requestTypes": serviceDesk.map { .array($0.requestTypes.map(\.adminJSON)) } ?? .null,
        ]
    }

    /// Sets what the object names.
    mutating func apply(_ body: JSON) {
        if let fields = body.strings("requiredFields") { requiredFields = Set(fields) }
        if let fields = body.strings("hiddenFields") { hiddenFields = Set(fields) }
        if let archived = body["archived"]?.boolValue { isArchived = archived }
        if let permissions = body.strings("permissions") { self.permissions = Set(permissions) }
        if let validators = body["validators"]?.objectValue {
            self.validators = validators.compactMapValues(\.stringValue)
        }
        if let names = body.strings("components") { components = names }
        if let names = body.strings("versions") { versions = names }
        if let types = body["requestTypes"] {
            serviceDesk = types.arrayValue.map { ServiceDesk(requestTypes: $0.enumerated().map(RequestType.init)) }
        }
        if let names = body.strings("priorities") {
            priorities = names.enumerated().map { position, name in
                Priority.standard.first { $0.name == name } ?? Priority(id: "\(10_100 + position)", name: name)
            }
        }
        if let names = body.strings("issueTypes") {
            issueTypes = names.enumerated().map { position, name in
                IssueType.standard.first { $0.name == name } ?? IssueType(id: "\(10_100 + position)", name: name)
            }
        }
    }
}

extension RequestType {
    var adminJSON: JSON {
        [
            "id": .string(id), "name": .string(name), "issueType": .string(issueType), "fields": JSON(fields),
            "requiredFields": JSON(requiredFields.sorted()),
        ]
    }

    fileprivate init(position: Int, _ body: JSON) {
        self.init(id: body["id"]?.stringValue ?? "\(25 + position)", name: body["name"]?.stringValue ?? "Request")
        if let type = body["issueType"]?.stringValue { issueType = type }
        if let ids = body.strings("fields") { fields = ids }
        if let ids = body.strings("requiredFields") { requiredFields = Set(ids) }
    }
}

/// A setting that cannot be read.
struct SettingError: Error, CustomStringConvertible {
    var description: String
}

extension SimulatedJira.Settings {
    var adminJSON: JSON {
        [
            "indexLag": .string(indexLag.text), "badCredentials": .string(badCredentials.rawValue),
            "basicIsDisabled": .bool(basicIsDisabled), "captchaIsShown": .bool(captchaIsShown),
            "captchaAfterFailures": captchaAfterFailures.map { JSON($0) } ?? .null,
            "language": .string(language.rawValue),
            "commentLimit": commentLimit.map { JSON($0) } ?? .null, "textLimit": JSON(textLimit),
            "checksADF": .bool(checksADF), "searchPageLimit": JSON(searchPageLimit),
            "bulkIsShuffled": .bool(bulkIsShuffled),
            "rateLimit": rateLimit.map { .string("\($0.perSecond)/\($0.burst)") } ?? .null,
        ]
    }

    /// Sets what the object names; null clears a limit.
    mutating func apply(_ body: JSON) throws {
        for (name, value) in body.objectValue ?? [:] {
            switch name {
            case "indexLag": indexLag = try Self.read(name, value.stringValue.flatMap { DelayRange($0) })
            case "badCredentials":
                badCredentials = try Self.read(
                    name, value.stringValue.flatMap(SimulatedJira.BadCredentialsAnswer.init(rawValue:)))
            case "language":
                language = try Self.read(name, value.stringValue.flatMap(SimulatedJira.Language.init(rawValue:)))
            case "basicIsDisabled": basicIsDisabled = try Self.read(name, value.boolValue)
            case "bulkIsShuffled": bulkIsShuffled = try Self.read(name, value.boolValue)
            case "captchaIsShown": captchaIsShown = try Self.read(name, value.boolValue)
            case "checksADF": checksADF = try Self.read(name, value.boolValue)
            case "textLimit": textLimit = try Self.read(name, value.intValue)
            case "searchPageLimit": searchPageLimit = try Self.read(name, value.intValue)
            case "captchaAfterFailures": captchaAfterFailures = value.isNull ? nil : try Self.read(name, value.intValue)
            case "commentLimit": commentLimit = value.isNull ? nil : try Self.read(name, value.intValue)
            case "rateLimit":
                rateLimit =
                    value.isNull ? nil : try Self.read(name, value.stringValue.flatMap { SimulatedJira.RateLimit($0) })
            default: throw SettingError(description: "there is no setting '\(name)'; see GET /__simulator")
            }
        }
    }

    private static func read<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else {
            throw SettingError(description: "the value of '\(name)' cannot be read; see GET /__simulator")
        }
        return value
    }
}

extension SimulatedJira.RateLimit {
    /// Reads `100/200`: requests per second and burst.
    package init?(_ text: String) {
        let halves = text.split(separator: "/")
        guard halves.count == 2, let rate = Double(halves[0]), let burst = Int(halves[1]), rate > 0, burst > 0 else {
            return nil
        }
        self.init(perSecond: rate, burst: burst)
    }
}
