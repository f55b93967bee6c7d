/// The smallest parts of a template's line.
enum TemplateToken: Sendable, Hashable {
    case character(Character)
    /// A character after a backslash: never markup.
    case escaped(Character)
    case variable(TemplateVariable)

    /// - Parameter escapes: whether a backslash takes the meaning from any punctuation mark, as it does in rich text, or
    ///   from braces alone.
    static func tokens(of line: some StringProtocol, escapes: Escapes) -> [TemplateToken] {
        let characters = Array(line)
        var tokens: [TemplateToken] = []
        var index = 0
        while index < characters.count {
            if characters[index] == "\\", index + 1 < characters.count, escapes.cover(characters[index + 1]) {
                tokens.append(.escaped(characters[index + 1]))
                index += 2
            } else if let (variable, end) = TemplateVariable.read(characters, at: index) {
                tokens.append(.variable(variable))
                index = end
            } else {
                tokens.append(.character(characters[index]))
                index += 1
            }
        }
        return tokens
    }

    enum Escapes {
        case anyMark, braces

        fileprivate func cover(_ character: Character) -> Bool {
            switch self {
            case .anyMark:
                character.isASCII && !character.isLetter && !character.isNumber && !character.isWhitespace
            case .braces: character == "{" || character == "}"
            }
        }
    }

    var isWhitespace: Bool {
        if case .character(let character) = self { character.isWhitespace } else { false }
    }

    /// Whether the letter of a word; a variable's value is taken for one.
    var isWordLike: Bool {
        switch self {
        case .character(let character), .escaped(let character): character.isLetter || character.isNumber
        case .variable: true
        }
    }

    var isLetterOrNumber: Bool {
        if case .variable = self { false } else { isWordLike }
    }
}

/// A stretch of literal text, or a variable.
enum TemplatePiece: Sendable, Hashable {
    case literal(String)
    case variable(TemplateVariable)

    static func pieces(of tokens: some Sequence<TemplateToken>) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        var literal = ""
        for token in tokens {
            switch token {
            case .character(let character), .escaped(let character):
                literal.append(character)
            case .variable(let variable):
                if !literal.isEmpty { pieces.append(.literal(literal)) }
                literal = ""
                pieces.append(.variable(variable))
            }
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        return pieces
    }

    func text(in values: TemplateValues) -> String {
        switch self {
        case .literal(let text): text
        case .variable(let variable): variable.text(in: values)
        }
    }

    var variable: TemplateVariable? {
        if case .variable(let variable) = self { variable } else { nil }
    }
}
