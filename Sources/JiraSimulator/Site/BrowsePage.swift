import FoundationEssentials

extension Site {
    /// `GET /browse/{key}`: the issue for a person with a browser. Needs no sign-in: it is a simulator on loopback.
    func browsePage(_ call: Call) throws(Refusal) -> SimulatedResponse {
        guard let issue = issue(idOrKey: call.route.arguments[0]) else {
            return .html(404, page("No such issue", "<h1>\(htmlEscaped(call.wording.noSuchIssue))</h1>"))
        }
        return .html(200, page("[\(issue.key)] \(issue.summary)", body(of: issue)))
    }

    private func body(of issue: SimulatedIssue) -> String {
        let category = issue.status.category.rawValue
        var rows: [(String, String)] = [
            ("Type", htmlEscaped(issue.type.name)),
            ("Status", "<span class=\"status \(category)\">\(htmlEscaped(issue.status.name))</span>"),
            ("Priority", htmlEscaped(issue.priority?.name ?? "None")),
            ("Labels", issue.labels.map { "<span class=\"label\">\(htmlEscaped($0))</span>" }.joined(separator: " ")),
            ("Due", htmlEscaped(issue.due ?? "None")),
            ("Assignee", htmlEscaped(issue.assignee?.displayName ?? "Unassigned")),
            ("Reporter", htmlEscaped(issue.reporter.displayName)),
            ("Created", htmlEscaped(issue.created.jiraTimestamp)),
        ]
        if let type = issue.requestType {
            let name = projects[issue.projectKey]?.serviceDesk?.requestTypes.first { $0.id == type }?.name
            rows.insert(("Request type", htmlEscaped(name ?? type)), at: 1)
        }
        if let resolution = issue.resolution { rows.append(("Resolution", htmlEscaped(resolution))) }
        for (id, value) in issue.otherFields.sorted(by: { $0.key < $1.key }) {
            rows.append((htmlEscaped(Field.byID[id]?.name ?? id), htmlEscaped(value.stringValue ?? value.text)))
        }
        let details = rows.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined(separator: "\n")
        let texts = issue.richFields.sorted { $0.key < $1.key }.map { id, text in
            "<h2>\(htmlEscaped(Field.byID[id]?.name ?? id))</h2>\n<div class=\"text\">\(HTMLWriter.html(of: text.blocks))</div>"
        }
        let comments = issue.comments.map { comment in
            "<article><header><strong>\(htmlEscaped(comment.author.displayName))</strong> "
                + "<time>\(comment.created.jiraTimestamp)</time></header>\(HTMLWriter.html(of: comment.body.blocks))</article>"
        }
        let properties = issue.properties.sorted { $0.key < $1.key }.map {
            "<dt>\(htmlEscaped($0.key))</dt><dd><code>\(htmlEscaped($0.value.text))</code></dd>"
        }
        return """
            <p class="crumbs">\(htmlEscaped(projects[issue.projectKey]?.name ?? issue.projectKey)) / \(issue.key)</p>
            <h1>\(htmlEscaped(issue.summary))</h1>
            <main><section>
            \(texts.joined(separator: "\n"))
            <h2>Comments (\(comments.count))</h2>
            \(comments.isEmpty ? "<p>None yet.</p>" : comments.joined(separator: "\n"))
            </section><aside><dl>
            \(details)
            </dl>\(properties.isEmpty ? "" : "<h2>Properties</h2><dl>\(properties.joined())</dl>")</aside></main>
            """
    }

    private func page(_ title: String, _ body: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>\(htmlEscaped(title))</title>
        <style>
        body { font: 15px/1.5 system-ui, sans-serif; color: #172b4d; max-width: 72rem; margin: 2rem auto; padding: 0 1.5rem }
        .crumbs, time, dt { color: #626f86 } h1 { font-size: 1.6rem } h2 { font-size: 1.05rem; margin-top: 2rem }
        main { display: grid; grid-template-columns: minmax(0, 1fr) 20rem; gap: 3rem } @media (max-width: 50rem) { main { display: block } }
        aside dl { border: 1px solid #dcdfe4; border-radius: 6px; padding: 1rem; overflow-wrap: anywhere } dd { margin: 0 0 .6rem }
        .label { background: #f1f2f4; border-radius: 3px; padding: .1rem .4rem; font-size: .85rem }
        .status { border-radius: 3px; padding: .1rem .5rem; font-weight: 600; font-size: .85rem; background: #e9f2ff }
        .status.done { background: #dcfff1 } .status.new { background: #f1f2f4 }
        article, .panel { border-left: 3px solid #dcdfe4; padding: .1rem 1rem; margin: 1rem 0 }
        pre { background: #f7f8f9; padding: .8rem; overflow: auto } td, th { border: 1px solid #dcdfe4; padding: .2rem .6rem }
        .text { overflow-wrap: anywhere }
        </style></head><body>
        \(body)
        </body></html>
        """
    }
}
