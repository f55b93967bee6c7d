/// A fault that cannot be read, and what would be right.
package struct FaultSyntaxError: Error, CustomStringConvertible {
    package var description: String
}

extension SimulatedJira.Fault {
    package init(parsing text: String) throws(FaultSyntaxError) {
        var parts = text.split(separator: ",").map { String($0.trimmed) }
        guard !parts.isEmpty else { throw FaultSyntaxError(description: "a fault is empty; \(Self.grammar)") }
        let (name, argument) = Self.halves(parts.removeFirst())
        self.init(try Self.effect(name, argument))
        for part in parts {
            let (key, value) = Self.halves(part)
            guard let value else { throw FaultSyntaxError(description: "'\(part)' lacks a value; \(Self.grammar)") }
            try set(key, value)
        }
    }

    package static let grammar =
        "write EFFECT,key=value,... with EFFECT one of close-before-commit, close-after-commit, reset-before-commit, "
        + "reset-after-commit, truncate-after-commit, malformed-after-commit, hang-before-commit, hang-after-commit, "
        + "delay-before=2s..5s, delay-after=2s, anonymous, status=503 and keys operation, method, contains, nth, "
        + "every, probability, count, lasting, seed; with status also committed=yes, retry-after=2s, reason, "
        + "body=\(Body.allCases.map(\.rawValue).joined(separator: "|")), header.NAME"

    private static func halves(_ part: String) -> (String, String?) {
        let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(halves[0].trimmed), halves.count == 2 ? String(halves[1].trimmed) : nil)
    }

    private static func effect(_ name: String, _ argument: String?) throws(FaultSyntaxError) -> Effect {
        switch name {
        case "close-before-commit": return .closeBeforeCommit
        case "close-after-commit": return .closeAfterCommit
        case "reset-before-commit": return .resetBeforeCommit
        case "reset-after-commit": return .resetAfterCommit
        case "truncate-after-commit": return .truncateAfterCommit
        case "malformed-after-commit": return .malformedAfterCommit
        case "hang-before-commit": return .hangBeforeCommit
        case "hang-after-commit": return .hangAfterCommit
        case "anonymous": return .anonymous
        case "delay-before", "delay-after":
            guard let range = argument.flatMap({ DelayRange($0) }) else {
                throw FaultSyntaxError(description: "\(name) needs a duration as \(name)=2s or \(name)=1s..5s")
            }
            return name == "delay-before" ? .delayBeforeCommit(range) : .delayAfterCommit(range)
        case "status":
            guard let status = argument.flatMap({ Int($0) }), (200...599).contains(status) else {
                throw FaultSyntaxError(description: "status needs a number from 200 to 599, as status=503")
            }
            return .answer(Answer(status))
        default: throw FaultSyntaxError(description: "'\(name)' is no effect; \(grammar)")
        }
    }

    private mutating func set(_ key: String, _ value: String) throws(FaultSyntaxError) {
        switch key {
        case "operation":
            guard let operation = SimulatedJira.Operation(rawValue: value) else {
                let known = SimulatedJira.Operation.allCases.map(\.rawValue).joined(separator: ", ")
                throw FaultSyntaxError(description: "'\(value)' is no operation; there are \(known)")
            }
            self.operation = operation
        case "method": method = value.uppercased()
        case "contains": contains = value
        case "nth": nth = try Self.number(key, value)
        case "every": every = try Self.number(key, value)
        case "count": count = try Self.number(key, value)
        case "lasting":
            guard let duration = Duration(simulatorText: value) else {
                throw FaultSyntaxError(description: "lasting must be a duration as 3s, not '\(value)'")
            }
            lasting = duration
        case "seed": seed = UInt64(try Self.number(key, value))
        case "probability":
            guard let chance = Double(value), (0...1).contains(chance) else {
                throw FaultSyntaxError(description: "probability must be from 0 to 1, not '\(value)'")
            }
            probability = chance
        default: try setAnswer(key, value)
        }
    }

    private mutating func setAnswer(_ key: String, _ value: String) throws(FaultSyntaxError) {
        guard case .answer(var answer) = effect else {
            throw FaultSyntaxError(description: "'\(key)' does not go with \(effect.name); \(Self.grammar)")
        }
        switch key {
        case "committed": answer.committed = ["yes", "true", "1"].contains(value)
        case "retry-after":
            guard let duration = Duration(simulatorText: value) ?? Double(value).map({ .seconds($0) }) else {
                throw FaultSyntaxError(description: "retry-after must be a duration as 2s, not '\(value)'")
            }
            answer.retryAfter = duration
        case "reason": answer.reason = value
        case "body":
            guard let body = Body(rawValue: value) else {
                throw FaultSyntaxError(description: "'\(value)' is no body; \(Self.grammar)")
            }
            answer.body = body
        case _ where key.hasPrefix("header."): answer.headers[String(key.dropFirst(7))] = value
        default: throw FaultSyntaxError(description: "'\(key)' is no setting of a fault; \(Self.grammar)")
        }
        effect = .answer(answer)
    }

    private static func number(_ key: String, _ value: String) throws(FaultSyntaxError) -> Int {
        guard let number = Int(value), number >= 0 else {
            throw FaultSyntaxError(description: "\(key) must be a whole number, not '\(value)'")
        }
        return number
    }
}
