extension Document {
    /// The same with paragraphs at the end that no shortening takes away.
    package func adf(closing: [Document.Block], limit: Int = 30_000) -> JSONValue {
        if closing.isEmpty { return adf(limit: limit) }
        let end = Document(closing).unlimitedADF()
        let shortened = adf(limit: limit - UTF16Length.of(end.serialized()))
        return [
            "version": 1, "type": "doc",
            "content": .array((shortened["content"]?.arrayValue ?? []) + (end["content"]?.arrayValue ?? [])),
        ]
    }

    /// The same with paragraphs at the end that no shortening takes away.
    package func wikiMarkup(closing: [Document.Block], limit: Int = 32_767) -> String {
        if closing.isEmpty { return wikiMarkup(limit: limit) }
        let end = Document(closing).unlimitedWikiMarkup()
        let shortened = wikiMarkup(limit: limit - end.utf16.count - 2)
        return shortened.isEmpty ? end : shortened + "\n\n" + end
    }
}
