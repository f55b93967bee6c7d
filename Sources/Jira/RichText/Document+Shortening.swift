extension Document {
    /// What stands where something was cut off.
    package static func cutNote(_ count: Int, _ what: String) -> String {
        "... [cut: \(count.withThousandsSeparators) more \(what); see the evidence in Kushim]"
    }

    /// The document, its longest texts cut so that it fits; then its longest lists, then its end. Every cut leaves a note
    /// that tells how much is missing, no cut divides a character, and nothing but content is cut: marks and blocks stay
    /// whole.
    ///
    /// - Parameter length: of the rendered document, in the unit of `limit`.
    func shortened(toFit limit: Int, measuredBy length: (Document) -> Int) -> Document {
        func fits(_ document: Document) -> Bool { length(document) <= limit }
        // What is longer than the limit by itself is bounded first, so that the search measures small texts, and the
        // note is measured at its longest, so that the search needs to count no characters.
        let bounded = cuttingTexts(to: limit + 1) { _ in "" }
        let longestNote = Self.cutNote(.max, "characters")
        if bounded == self, fits(self) {
            return self
        }
        let shortest = min(200, limit)
        let best = Self.largest(in: shortest...limit) { length in
            fits(bounded.cuttingTexts(to: length) { _ in longestNote })
        }
        let terse = cuttingTexts(to: best ?? shortest) { Self.cutNote($0.count, "characters") }
        if best != nil {
            return terse
        }
        let longestList = terse.blocks.map(\.itemCount).max() ?? 0
        if let best = Self.largest(in: 1...max(1, longestList), where: { fits(terse.cuttingLists(to: $0)) }) {
            return terse.cuttingLists(to: best)
        }
        let tersest = terse.cuttingLists(to: 1)
        let blockCount = Self.largest(in: 0...tersest.blocks.count) { fits(tersest.cuttingBlocks(to: $0)) }
        return tersest.cuttingBlocks(to: blockCount ?? 0)
    }

    /// The largest number that holds, of a condition that holds up to some number; nil if it holds for none.
    private static func largest(in range: ClosedRange<Int>, where holds: (Int) -> Bool) -> Int? {
        guard range.lowerBound <= range.upperBound, holds(range.lowerBound) else { return nil }
        var (good, bad) = (range.lowerBound, range.upperBound + 1)
        while bad - good > 1 {
            let middle = good + (bad - good) / 2
            if holds(middle) { good = middle } else { bad = middle }
        }
        return good
    }

    /// - Parameter note: what to say of the part that was cut off.
    private func cuttingTexts(to length: Int, note: (Substring) -> String) -> Document {
        func cut(_ inline: Inline) -> Inline { inline.cut(to: length, note: note) }
        return Document(
            blocks.map { block in
                switch block {
                case .paragraph(let content): .paragraph(content.map(cut))
                case .heading(let level, let content): .heading(level: level, content.map(cut))
                case .bulletList(let items): .bulletList(items.map { $0.map(cut) })
                case .orderedList(let items): .orderedList(items.map { $0.map(cut) })
                case .rule: .rule
                }
            })
    }

    private func cuttingLists(to count: Int) -> Document {
        func cut(_ items: [[Inline]]) -> [[Inline]] {
            if items.count <= count { return items }
            return items.prefix(count) + [[.text(Self.cutNote(items.count - count, "entries"))]]
        }
        return Document(
            blocks.map { block in
                switch block {
                case .bulletList(let items): .bulletList(cut(items))
                case .orderedList(let items): .orderedList(cut(items))
                default: block
                }
            })
    }

    private func cuttingBlocks(to count: Int) -> Document {
        if blocks.count <= count { return self }
        return Document(blocks.prefix(count) + [.paragraph([.text(Self.cutNote(blocks.count - count, "paragraphs"))])])
    }
}

extension Document.Block {
    fileprivate var itemCount: Int {
        switch self {
        case .bulletList(let items), .orderedList(let items): items.count
        default: 0
        }
    }
}

extension Document.Inline {
    fileprivate func cut(to length: Int, note: (Substring) -> String) -> Document.Inline {
        guard case .text(let text, let marks, let link) = self, text.utf16.count > length else { return self }
        let kept = text.prefix(utf16Units: length)
        return .text(kept + note(text[kept.endIndex...]), marks, link: link)
    }
}

extension StringProtocol {
    /// The longest prefix of whole characters (grapheme clusters) that has at most so many UTF-16 units.
    package func prefix(utf16Units limit: Int) -> SubSequence {
        if utf16.count <= limit {
            return self[...]
        }
        var length = 0
        var end = startIndex
        for index in indices {
            length += self[index].utf16.count
            if length > limit { break }
            end = self.index(after: index)
        }
        return self[..<end]
    }
}

extension Int {
    fileprivate var withThousandsSeparators: String {
        let digits = String(self)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) {
                result.append(",")
            }
            result.append(digit)
        }
        return result
    }
}
