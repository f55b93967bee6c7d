/// The text of a file that YAML does not take, for what its parser does not tell.
struct YAMLSource {
    private let lines: [Substring]

    init(_ yaml: String) {
        lines = yaml.split(omittingEmptySubsequences: false, whereSeparator: { ["\n", "\r\n", "\r"].contains($0) })
    }

    /// The first with a character that YAML does not take (YAML 1.1, section 5.1).
    var lineOfUnprintable: Int {
        let place = lines.firstIndex { line in
            line.unicodeScalars.contains { scalar in
                switch scalar.value {
                case 0x09, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: false
                default: true
                }
            }
        }
        return (place ?? lines.count - 1) + 1
    }

    /// What most likely has to be done about the place where the parser stopped.
    func remedy(at line: Int, column: Int) -> String {
        guard lines.indices.contains(line - 1) else { return Self.look }
        let text = lines[line - 1]
        let rest = text.unicodeScalars.dropFirst(max(0, column - 1))
        if text.prefix(while: \.isWhitespace).contains("\t") { return "indent with spaces, YAML takes no tabs" }
        // An alias is told of where its name ends.
        let alias = text.contains(#/(?:^|[\s,\[{])\*(?:[\s,\]}]|$|[A-Za-z_?*-])/#) ? "*" as Unicode.Scalar : nil
        if let mark = [rest.first, alias].lazy.compactMap({ $0 }).first(where: { Self.reserved.contains($0) }) {
            return "put what begins with \(mark) in quotes"
        }
        guard let value = Self.value(in: text) else { return Self.look }
        return "put the whole value in quotes: '\(String(value.replacing("'", with: "''")).escapingControls)'"
    }

    /// Where a key of the block map that begins at a place stands; empty for a map within braces.
    func lines(ofKey key: String, from line: Int, column: Int) -> [Int] {
        var found: [Int] = []
        for (offset, text) in lines.dropFirst(line - 1).enumerated() {
            let indent = offset == 0 ? column - 1 : text.prefix { $0 == " " }.count
            let content = text.dropFirst(indent)
            if content.isEmpty || content.first == "#" { continue }
            guard indent >= column - 1 else { break }
            if indent == column - 1, Self.key(of: content).map(String.init) == key { found.append(line + offset) }
        }
        return found
    }

    private static let look = "check indentation, colons and quotes here and in the line above"

    /// What no word can begin with (YAML 1.2, section 5.3), as far as people write it there.
    private static let reserved: Set<Unicode.Scalar> = ["@", "`", "%", "*"]

    private static func key(of content: Substring) -> Substring? {
        content.prefixMatch(of: #/["']?([^"':]+?)["']? *:(?: |$)/#)?.output.1
    }

    /// That of the line's setting, where it begins like a list, a map or a quoted word and goes on after it, or holds a
    /// second colon.
    private static func value(in line: Substring) -> Substring? {
        guard let value = line.firstMatch(of: #/^ *(?:- )?["']?[\w.-]+["']? *: +(\S.*?) *$/#)?.output.1 else {
            return nil
        }
        let goesOn = value.contains(#/^(?:\[.*\]|\{.*\}|".*"|'.*') *[^\s#,\]}]/#)
        return goesOn || value.contains(#/^[^\[{"'].*: /#) ? value : nil
    }
}
