package import Jira

extension DocumentTemplate {
    package func document(_ values: TemplateValues) -> Document {
        var filled: [Document.Block] = []
        filled.reserveCapacity(blocks.count)
        for block in blocks { block.fill(values, into: &filled) }
        return Document(filled)
    }
}

extension DocumentTemplate.Block {
    fileprivate func fill(_ values: TemplateValues, into blocks: inout [Document.Block]) {
        switch self {
        case .paragraph(let lines):
            Self.fillParagraph(lines, values, into: &blocks)
        case .heading(let level, let line):
            var content: [Document.Inline] = []
            line.fill(values, into: &content)
            if !content.isEmpty { blocks.append(.heading(level: level, content)) }
        case .list(let isOrdered, let templates):
            var items: [[Document.Inline]] = []
            for template in templates { Self.fillItem(template, values, into: &items) }
            if !items.isEmpty { blocks.append(isOrdered ? .orderedList(items) : .bulletList(items)) }
        case .rule:
            blocks.append(.rule)
        }
    }

    /// A list among the lines divides the paragraph.
    private static func fillParagraph(
        _ lines: [DocumentTemplate.Line], _ values: TemplateValues, into blocks: inout [Document.Block]
    ) {
        var content: [Document.Inline] = []
        content.reserveCapacity(lines.reduce(0) { $0 + $1.elements.count + 1 })
        for line in lines {
            if let items = line.listItems(values) {
                if !content.isEmpty { blocks.append(.paragraph(content)) }
                content = []
                blocks.append(.bulletList(items))
            } else {
                line.fill(values, into: &content)
            }
        }
        if !content.isEmpty { blocks.append(.paragraph(content)) }
    }

    /// What an item of the template becomes: one item as a rule, none if nothing remains, several if it is a list.
    private static func fillItem(
        _ lines: [DocumentTemplate.Line], _ values: TemplateValues, into items: inout [[Document.Inline]]
    ) {
        if lines.count == 1, let elements = lines[0].listItems(values) {
            items += elements
            return
        }
        var content: [Document.Inline] = []
        for line in lines { line.fill(values, into: &content) }
        if !content.isEmpty { items.append(content) }
    }
}

extension DocumentTemplate.Line {
    /// As a further line of the content, unless it is to be left out.
    fileprivate func fill(_ values: TemplateValues, into content: inout [Document.Inline]) {
        let end = content.count
        if end > 0 { content.append(.lineBreak) }
        let start = content.count
        for element in elements {
            switch element {
            case .text(let piece, let marks):
                let text = piece.text(in: values)
                if !text.isEmpty { content.append(.text(text, marks)) }
            case .link(let label, let target, let marks):
                let url = target.url(values)
                if url == nil, soleElement != nil {
                    content.removeSubrange(end...)
                    return
                }
                content += label.linked(to: url, as: target.text(values), marks, values)
            }
        }
        if content.count == start { content.removeSubrange(end...) }
    }

    /// The elements of a list that is all there is in this line; nil if it holds anything else.
    fileprivate func listItems(_ values: TemplateValues) -> [[Document.Inline]]? {
        guard case .text(.variable(let variable), let marks)? = soleElement,
            case .array(let values) = variable.value(in: values)
        else { return nil }
        let texts = values.map(\.templateText).filter { !$0.isEmpty }
        return texts.isEmpty ? nil : texts.map { [.text($0, marks)] }
    }
}

extension [DocumentTemplate.Element] {
    /// The text of a link; the URL itself if it is empty.
    /// - Parameter target: the URL as the template and the payload have it.
    fileprivate func linked(
        to url: String?, as target: String, _ marks: Document.Marks, _ values: TemplateValues
    ) -> [Document.Inline] {
        let label = compactMap { element -> Document.Inline? in
            guard case .text(let piece, let marks) = element else { return nil }
            let text = piece.text(in: values)
            return text.isEmpty ? nil : .text(text, marks, link: url)
        }
        guard let url else { return label }
        if label.isEmpty { return [.text(url, marks, link: url)] }
        // An address that lacks its scheme is no link; people read where it leads.
        return Document.lacksScheme(target) ? label + [.text(" (\(target))")] : label
    }
}
