import Foundation
import Synchronization

/// What a reader would see of one paragraph of wiki markup without marks or links of our own, and what the text in it would
/// bring about: a model of Jira's renderer (`com.atlassian.renderer.v2`), with its order and its patterns.
struct RenderedWikiMarkup {
    /// Anything but plain text: names of the constructs that were found.
    var constructs: [String] = []
    var text = ""

    init(_ markup: String) {
        var markup = markup
        find("macro", #"(?<!\\)\{[a-zA-Z]"#, in: markup)
        for (name, pattern) in Self.blocks {
            find(name, pattern, in: markup)
        }
        find("blank line", #"(?m)^\s*$"#, in: markup.isEmpty ? "x" : markup)
        find("link", #"(?<!\\)\[[^\n]*?\]"#, in: markup)
        find(
            "URL",
            #"(?i)(?<![a-z0-9])(https?://|ftps?://|nntp://|news://|irc://|mailto:|file:)[-_.!~*';/?:@#&=%+$,a-z0-9]"#,
            in: markup)

        markup = Self.withoutBackslashes(markup)
        // The HTML escaper takes what looks like an entity for one.
        markup = Self.replace(#"&(?![#A-Za-z0-9][A-Za-z0-9]{1,7};)"#, in: markup) { _ in "&amp;" }
        find("template parameter", "@[a-z]+@", in: markup)
        find("dash", #"(^|\s)--+(\s|$)"#, in: markup)
        find("emoticon", Self.emoticons, in: markup)
        find("emoticon ;)", #"(?<!&#?[a-zA-Z0-9]{1,10});-?\)"#, in: markup)
        find("image", #"![^\s!][^!\n]*!"#, in: markup)
        for mark in [#"\*"#, #"\^"#, "~", "_", "-", #"\?\?"#, #"\+"#] {
            find("phrase \(mark)", Self.phrase(mark, mark), in: markup)
        }
        find("phrase {{", Self.phrase(#"\{\{"#, #"\}\}"#), in: markup)
        find("forced break", #"\\\\"#, in: markup)
        text = Self.replace("&(#([0-9]+)|amp|nbsp);", in: markup) { match in
            if match[1] == "nbsp" { return "" }
            return match[1] == "amp" ? "&" : UInt32(match[2]).flatMap(Unicode.Scalar.init).map { String($0) } ?? "?"
        }
    }

    private static let blocks = [
        ("heading", #"(?m)^\s*h[1-6]\.\s"#), ("quote", #"(?m)^\s*bq\."#), ("rule", #"(?m)^\s*-{4,5}\s*$"#),
        ("list", #"(?m)^\s*[*\-#]+\s+"#), ("table", #"(?m)^\s*\|"#),
    ]

    private static let emoticons =
        #"(:-?[()PpD]|\((y|n|i|/|x|!|\+|-|\?|on|off|\*|\*r|flag|flagoff)\))(?![a-zA-Z])"#

    private static func phrase(_ start: String, _ end: String) -> String {
        let content = #"[^\s\#(start)]((?!\#(end))[\p{L}\p{Nd}\p{Z}\p{S}\p{M}\p{P}]*?[^\s\#(end)])??"#
        return #"((?<![\p{L}\p{Nd}\\])\#(start)|\{\#(start)\})\#(content)(?<!\\)(\#(end)(?![\p{L}\p{Nd}])|\{\#(end)\})"#
    }

    private static func withoutBackslashes(_ markup: String) -> String {
        replace(#"(^|(?<!\\))\\([-#*_+?^~|%(){}\[\]!@])"#, in: markup) { match in
            let character = match[2]
            return "{}[]".contains(character) ? character : "&#\(character.utf8.first ?? 0);"
        }
    }

    /// Whether the whole line, which starts with an asterisk, is one strong phrase.
    static func isStrong(_ line: String) -> Bool {
        let line = withoutBackslashes(line)
        let match = regex(phrase(#"\*"#, #"\*"#))?.firstMatch(in: line, range: NSRange(line.startIndex..., in: line))
        return match?.range == NSRange(line.startIndex..., in: line)
    }

    private mutating func find(_ name: String, _ pattern: String, in text: String) {
        guard let regex = Self.regex(pattern) else { return constructs.append("bad pattern \(name)") }
        if let match = regex.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) {
            constructs.append("\(name): \((text as NSString).substring(with: match.range))")
        }
    }

    private static func replace(_ pattern: String, in text: String, _ replacement: ([String]) -> String) -> String {
        guard let regex = regex(pattern) else { return "bad pattern" }
        let source = text as NSString
        var result = ""
        var end = 0
        for match in regex.matches(in: text, range: NSRange(location: 0, length: source.length)) {
            let groups = (0..<match.numberOfRanges).map { group in
                match.range(at: group).location == NSNotFound ? "" : source.substring(with: match.range(at: group))
            }
            result +=
                source.substring(with: NSRange(location: end, length: match.range.location - end)) + replacement(groups)
            end = match.range.location + match.range.length
        }
        return result + source.substring(from: end)
    }

    /// Compiled once: compiling takes longer than matching.
    private static func regex(_ pattern: String) -> NSRegularExpression? {
        if let known = regexes.withLock({ $0[pattern] }) { return known }
        let regex = try? NSRegularExpression(pattern: pattern)
        regexes.withLock { $0[pattern] = regex }
        return regex
    }

    private static let regexes = Mutex<[String: NSRegularExpression]>([:])
}
