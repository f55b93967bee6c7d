/// One benchmark's figures and how they were taken.
struct BenchmarkReport: Sendable, Encodable {
    var benchmark: String
    /// What the figures depend on: sizes, concurrency, rounds.
    var conditions: [String]
    var figures: [Figure]

    var text: String {
        (["", benchmark] + conditions.map { "  \($0)" } + ["", FigureTable(figures: figures).text])
            .joined(separator: "\n")
    }
}

/// All that a run prints as JSON.
struct RunReport: Sendable, Encodable {
    var settings: Settings
    var benchmarks: [BenchmarkReport]
}
