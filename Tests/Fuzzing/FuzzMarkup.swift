@testable import Jira
@testable import JiraSimulator

/// The bytes are the texts of a document between NUL bytes, each behind a letter that says what it is in the document.
func fuzzMarkup(_ bytes: [UInt8]) {
    let parts = bytes.parts(atMost: 64)
    checkRendering(Document(plain: parts[0]))
    checkRendering(document(parts))
    let line = parts[0].singleLine()
    demand(line.singleLine() == line, "one line stays as it is: \(line.debugDescription)")
    demand(line.utf16.count <= 254 && !line.contains(where: \.isNewline), "one line: \(line.debugDescription)")
}

private func document(_ parts: [String]) -> Document {
    var blocks: [Document.Block] = []
    for part in parts {
        let text = String(part.dropFirst())
        switch part.first {
        case "h": blocks.append(.heading(level: text.utf8.count % 9, [.text(text)]))
        case "b": blocks.append(.bulletList(text.split(separator: ",").map { [.text(String($0))] }))
        case "o": blocks.append(.orderedList(text.split(separator: ",").map { [.text(String($0), .strong)] }))
        case "r": blocks.append(.rule)
        case "l":
            blocks.append(
                .paragraph([.text("see"), .text(text, link: text), .lineBreak, .text(text, .code, link: text)]))
        case "m":
            blocks.append(.paragraph([.text(text, [.strong, .emphasis]), .text(text, .emphasis), .text(text, .code)]))
        default: blocks.append(.paragraph([.text(text), .text(part)]))
        }
    }
    return Document(blocks)
}

/// A document is valid and within the limits in each of its forms, and no terminal is driven by it.
func checkRendering(_ document: Document) {
    for limit in [30_000, 1_000] {
        let adf = document.adf(limit: limit)
        checkADF(adf)
        let length = adf.description.utf16.count
        demand(length <= limit, "the ADF is within \(limit): \(length)")
        let markup = document.wikiMarkup(limit: limit)
        demand(markup.utf16.count <= limit, "the markup is within \(limit): \(markup.utf16.count)")
        demand(!drivesTerminal(markup), "no terminal is driven by the markup: \(markup.debugDescription)")
    }
    let plain = document.plainText()
    demand(!drivesTerminal(plain), "no terminal is driven by the words: \(plain.debugDescription)")
}

/// The simulator's rules, which share no code with what made the document.
func checkADF(_ adf: JSONValue) {
    do {
        let written = try JSON(parsing: adf.serialized())
        try ADFRules.check(written)
    } catch {
        demand(false, "Jira takes the ADF: \(error) in \(adf)")
    }
}

private func drivesTerminal(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" || (0x7F...0x9F).contains($0.value) }
}
