package import Jira

extension DocumentTemplate {
    package func document(_ values: TemplateValues) -> Document {
        Document(blocks.flatMap { $0.filled(values) })
    }
}

extension DocumentTemplate.Block {
    fileprivate func filled(_ values: TemplateValues) -> [Document.Block] {
        switch self {
        case .paragraph(let lines): Self.paragraph(lines, values)
        case .heading(let level, let line): line.filled(values).map { [.heading(level: level, $0)] } ?? []
        case .list(let isOrdered, let items): Self.list(isOrdered, items.flatMap { Self.items($0, values) })
        case .rule: [.rule]
        }
    }

    /// A list among the lines divides the paragraph.
    private static func paragraph(
        _ lines: [DocumentTemplate.Line], _ values: TemplateValues
    ) -> [Document.Block] {
        var blocks: [Document.Block] = []
        var content: [Document.Inline] = []
        for line in lines {
            if let items = line.listItems(values) {
                if !content.isEmpty { blocks.append(.paragraph(content)) }
                content = []
                blocks.append(.bulletList(items))
            } else if let filled = line.filled(values) {
                if !content.isEmpty { content.append(.lineBreak) }
                content += filled
            }
        }
        if !content.isEmpty { blocks.append(.paragraph(content)) }
        return blocks
    }

    private static func list(_ isOrdered: Bool, _ items: [[Document.Inline]]) -> [Document.Block] {
        if items.isEmpty { return [] }
        return [isOrdered ? .orderedList(items) : .bulletList(items)]
    }

    /// What an item of the template becomes: one item as a rule, none if nothing remains, several if it is a list.
    private static func items(_ lines: [DocumentTemplate.Line], _ values: TemplateValues) -> [[Document.Inline]] {
        if lines.count == 1, let items = lines[0].listItems(values) {
            return items
        }
        let filled = lines.compactMap { $0.filled(values) }
        return filled.isEmpty ? [] : [Array(filled.joined(separator: [.lineBreak]))]
    }
}

extension DocumentTemplate.Line {
    /// Nil if the line is to be left out.
    fileprivate func filled(_ values: TemplateValues) -> [Document.Inline]? {
        var content: [Document.Inline] = []
        let isAlone = elements.count { !$0.isBlank } == 1
        for element in elements {
            switch element {
            case .text(let piece, let marks):
                let text = piece.text(in: values)
                if !text.isEmpty { content.append(.text(text, marks)) }
            case .link(let label, let target, let marks):
                let url = target.url(values)
                if url == nil, isAlone { return nil }
                content += label.linked(to: url, marks, values)
            }
        }
        return content.isEmpty ? nil : content
    }

    /// The elements of a list that is all there is in this line; nil if it holds anything else.
    fileprivate func listItems(_ values: TemplateValues) -> [[Document.Inline]]? {
        let visible = elements.filter { !$0.isBlank }
        guard visible.count == 1, case .text(.variable(let variable), let marks) = visible[0],
            case .array(let values) = variable.value(in: values)
        else { return nil }
        let texts = values.map(\.templateText).filter { !$0.isEmpty }
        return texts.isEmpty ? nil : texts.map { [.text($0, marks)] }
    }
}

extension [DocumentTemplate.Element] {
    /// The text of a link; the URL itself if it is empty.
    fileprivate func linked(
        to url: String?, _ marks: Document.Marks, _ values: TemplateValues
    ) -> [Document.Inline] {
        let label = compactMap { element -> Document.Inline? in
            guard case .text(let piece, let marks) = element else { return nil }
            let text = piece.text(in: values)
            return text.isEmpty ? nil : .text(text, marks, link: url)
        }
        if label.isEmpty, let url {
            return [.text(url, marks, link: url)]
        }
        return label
    }
}

extension DocumentTemplate.Element {
    fileprivate var isBlank: Bool {
        guard case .text(.literal(let text), _) = self else { return false }
        if let first = text.utf8.first, first > 0x20, first < 0x7F { return false }
        return text.allSatisfy(\.isWhitespace)
    }
}
