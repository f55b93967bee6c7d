/// A JQL query, as far as integrations use the language.
struct Query: Sendable, Hashable {
    enum Comparison: String, Sendable {
        case equal = "="
        case notEqual = "!="
        case contains = "~"
        case atLeast = ">="
        case atMost = "<="
        case above = ">"
        case below = "<"
        case isIn = "in"
        case notIn = "not in"
        case isEmpty = "is empty"
        case isNotEmpty = "is not empty"
    }

    indirect enum Restriction: Sendable, Hashable {
        case and([Restriction])
        case or([Restriction])
        case not(Restriction)
        case clause(field: String, Comparison, values: [String])
    }

    struct Order: Sendable, Hashable {
        var field: String
        var isDescending: Bool
    }

    var restriction: Restriction?
    var order: [Order]
}

struct QuerySyntaxError: Error {
    var message: String
}

extension Query {
    init(parsing text: String) throws(QuerySyntaxError) {
        var parser = QueryParser(tokens: try QueryToken.all(in: text))
        self = try parser.query()
    }
}

private enum QueryToken: Hashable {
    case word(String)
    case quoted(String)
    case symbol(String)

    var text: String {
        switch self {
        case .word(let text), .quoted(let text), .symbol(let text): text
        }
    }

    /// A value or field name; reserved words stand for themselves only in quotes.
    var name: String? {
        switch self {
        case .quoted(let text): text
        case .word(let text): Self.reserved.contains(text.lowercased()) ? nil : text
        case .symbol: nil
        }
    }

    private static let reserved: Set<String> = [
        "and", "or", "not", "in", "is", "order", "by", "asc", "desc", "empty", "null", "was", "changed", "on", "as",
        "select", "from", "to", "where", "with", "union", "all", "any", "between", "before", "after", "if", "then",
    ]

    func isKeyword(_ keyword: String) -> Bool {
        if case .word(let text) = self { text.lowercased() == keyword } else { false }
    }

    static func all(in text: String) throws(QuerySyntaxError) -> [QueryToken] {
        var tokens: [QueryToken] = []
        let scalars = Array(text.unicodeScalars)
        var position = 0
        while position < scalars.count {
            let scalar = scalars[position]
            if scalar.isSpace {
                position += 1
            } else if scalar == "\"" || scalar == "'" {
                tokens.append(.quoted(try quoted(scalars, &position)))
            } else if "(),=!<>~".unicodeScalars.contains(scalar) {
                tokens.append(.symbol(symbol(scalars, &position)))
            } else {
                var word = String.UnicodeScalarView()
                while position < scalars.count, !scalars[position].isSpace,
                    !"(),=!<>~\"'".unicodeScalars.contains(scalars[position])
                {
                    word.append(scalars[position])
                    position += 1
                }
                let illegal = word.first { "+;?|*/%^$#@{}".unicodeScalars.contains($0) }
                if let illegal {
                    throw QuerySyntaxError(message: "The character '\(illegal)' is a reserved JQL character.")
                }
                tokens.append(.word(String(word)))
            }
        }
        return tokens
    }

    private static func symbol(_ scalars: [Unicode.Scalar], _ position: inout Int) -> String {
        let two = String(String.UnicodeScalarView(scalars[position...].prefix(2)))
        if ["!=", ">=", "<=", "!~"].contains(two) {
            position += 2
            return two
        }
        position += 1
        return String(two.unicodeScalars.prefix(1))
    }

    private static func quoted(
        _ scalars: [Unicode.Scalar], _ position: inout Int
    ) throws(QuerySyntaxError) -> String {
        let quote = scalars[position]
        position += 1
        var value = String.UnicodeScalarView()
        while position < scalars.count {
            let scalar = scalars[position]
            position += 1
            if scalar == quote { return String(value) }
            guard scalar == "\\" else {
                if scalar == "\n" || scalar == "\r" { break }
                value.append(scalar)
                continue
            }
            guard position < scalars.count else { break }
            value.append(try escaped(scalars, &position))
        }
        throw QuerySyntaxError(message: "The quoted string '\(String(value))' has not been completed.")
    }

    private static func escaped(
        _ scalars: [Unicode.Scalar], _ position: inout Int
    ) throws(QuerySyntaxError) -> Unicode.Scalar {
        let scalar = scalars[position]
        position += 1
        switch scalar {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "\\", "\"", "'", " ": return scalar
        case "u" where position + 4 <= scalars.count:
            let digits = String(String.UnicodeScalarView(scalars[position..<position + 4]))
            position += 4
            if let value = UInt32(digits, radix: 16), let decoded = Unicode.Scalar(value) { return decoded }
            throw QuerySyntaxError(message: "'\\u\(digits)' is an illegal JQL escape sequence.")
        default: throw QuerySyntaxError(message: "'\\\(scalar)' is an illegal JQL escape sequence.")
        }
    }
}

private struct QueryParser {
    let tokens: [QueryToken]
    var position = 0
    var depth = 0

    init(tokens: [QueryToken]) { self.tokens = tokens }

    mutating func query() throws(QuerySyntaxError) -> Query {
        var restriction: Query.Restriction?
        if let token = peek, !token.isKeyword("order") { restriction = try alternatives() }
        var order: [Query.Order] = []
        if takeKeyword("order") {
            guard takeKeyword("by") else { throw unexpected("expecting 'by'") }
            repeat {
                guard let field = next()?.name else { throw unexpected("expecting a field name") }
                let isDescending = takeKeyword("desc")
                if !isDescending { _ = takeKeyword("asc") }
                order.append(Query.Order(field: field.lowercased(), isDescending: isDescending))
            } while takeSymbol(",")
        }
        guard peek == nil else { throw unexpected("expecting either 'OR' or 'AND'") }
        guard order.count <= 7 else { throw QuerySyntaxError(message: "At most 7 fields can be ordered by.") }
        return Query(restriction: restriction, order: order)
    }

    private mutating func alternatives() throws(QuerySyntaxError) -> Query.Restriction {
        var parts = [try conjunction()]
        while takeKeyword("or") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction() throws(QuerySyntaxError) -> Query.Restriction {
        var parts = [try term()]
        while takeKeyword("and") { parts.append(try term()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func term() throws(QuerySyntaxError) -> Query.Restriction {
        depth += 1
        defer { depth -= 1 }
        guard depth < 200 else { throw QuerySyntaxError(message: "The query is nested too deeply.") }
        if takeKeyword("not") || takeSymbol("!") { return .not(try term()) }
        if takeSymbol("(") {
            let inner = try alternatives()
            guard takeSymbol(")") else { throw unexpected("expecting ')'") }
            return inner
        }
        return try clause()
    }

    private mutating func clause() throws(QuerySyntaxError) -> Query.Restriction {
        guard let field = peek?.name else { throw unexpected("expecting a field name") }
        position += 1
        let name = field.lowercased()
        if takeKeyword("in") { return .clause(field: name, .isIn, values: try list()) }
        if takeKeyword("not") {
            guard takeKeyword("in") else { throw unexpected("expecting 'in'") }
            return .clause(field: name, .notIn, values: try list())
        }
        if takeKeyword("is") {
            let negated = takeKeyword("not")
            guard takeKeyword("empty") || takeKeyword("null") else { throw unexpected("expecting 'EMPTY'") }
            return .clause(field: name, negated ? .isNotEmpty : .isEmpty, values: [])
        }
        guard case .symbol(let symbol)? = peek, let comparison = Query.Comparison(rawValue: symbol) else {
            throw unexpected("expecting an operator")
        }
        position += 1
        guard let value = peek?.name else { throw unexpected("expecting a value") }
        position += 1
        return .clause(field: name, comparison, values: [value])
    }

    private mutating func list() throws(QuerySyntaxError) -> [String] {
        guard takeSymbol("(") else { throw unexpected("expecting '('") }
        var values: [String] = []
        repeat {
            guard let value = peek?.name else { throw unexpected("expecting a value") }
            position += 1
            values.append(value)
        } while takeSymbol(",")
        guard takeSymbol(")") else { throw unexpected("expecting ')'") }
        return values
    }

    private var peek: QueryToken? { position < tokens.count ? tokens[position] : nil }

    private mutating func next() -> QueryToken? {
        defer { position += 1 }
        return peek
    }

    private mutating func takeKeyword(_ keyword: String) -> Bool {
        guard peek?.isKeyword(keyword) == true else { return false }
        position += 1
        return true
    }

    private mutating func takeSymbol(_ symbol: String) -> Bool {
        guard peek == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    private func unexpected(_ expectation: String) -> QuerySyntaxError {
        QuerySyntaxError(message: "\(expectation) but got '\(peek?.text ?? "the end of the query")'.")
    }
}
