/// One page of a list.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// nil on the last page.
    package var next: PageCursor?

    package init(items: [Item], next: PageCursor?) {
        self.items = items
        self.next = next
    }
}

/// Where the next page of a list begins.
package enum PageCursor: Sendable, Hashable {
    case token(String)
    case offset(Int)

    var offset: Int {
        if case .offset(let offset) = self { offset } else { 0 }
    }
}

/// An endpoint whose answer is a page of a list.
package protocol PagedEndpoint: Endpoint where Response == Page<Item> {
    associatedtype Item: Sendable

    /// nil for the first page.
    var cursor: PageCursor? { get set }
}

extension Page {
    /// A page in the form `{startAt, maxResults, total, isLast}`, or of a service desk `{start, limit, isLastPage}`, with the
    /// list under one of the names: which of these there are depends on endpoint, deployment and version. Or the whole list as it
    /// is, which Data Center answers where Cloud has pages.
    ///
    /// - Parameter cursor: where the page was asked to begin, which some leave out of the answer.
    init(
        _ body: JSONValue, from cursor: PageCursor?, listedUnder names: [String],
        read: (JSONValue) throws(UnreadableAnswer) -> Item
    ) throws(UnreadableAnswer) {
        guard let elements = body.arrayValue ?? names.lazy.compactMap({ body[$0]?.arrayValue }).first else {
            throw UnreadableAnswer(missing: names.joined(separator: " or "))
        }
        var items: [Item] = []
        for element in elements {
            items.append(try read(element))
        }
        self.items = items
        let start =
            ((body["startAt"] ?? body["start"])?.integerValue).flatMap { Int(exactly: $0) } ?? cursor?.offset ?? 0
        let (end, overflows) = start.addingReportingOverflow(items.count)
        let isNonsense = overflows || start < 0
        let isLast = (body["isLast"] ?? body["isLastPage"])?.boolValue
        if elements.isEmpty || isNonsense || isLast == true {
            next = nil
        } else if let total = body["total"]?.integerValue {
            next = end < total ? .offset(end) : nil
        } else {
            next = isLast == false ? .offset(end) : nil
        }
    }
}

extension JiraClient {
    /// Every item of a list, page by page.
    ///
    /// - Parameter limit: the most items to return; no page is asked for beyond them.
    package func all<E: PagedEndpoint>(_ endpoint: E, limit: Int = .max) async throws(JiraError) -> [E.Item] {
        var endpoint = endpoint
        var items: [E.Item] = []
        var seen: Set<PageCursor> = []
        while true {
            let page = try await send(endpoint)
            items += page.items
            guard let next = page.next, items.count < limit else { return Array(items.prefix(limit)) }
            guard seen.insert(next).inserted, seen.count < 10_000 else {
                throw unreadable(E.self, missing: "an end of the list: the pages go round in a circle")
            }
            endpoint.cursor = next
        }
    }
}
