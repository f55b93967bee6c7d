import Foundation

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
    var benchmarks: [Judged]

    /// With what people read off the table.
    struct Judged: Sendable, Encodable {
        var benchmark: String
        var conditions: [String]
        var figures: [JudgedFigure]
    }

    struct JudgedFigure: Sendable, Encodable {
        var figure: Figure
        var spread: Spread?
        var ratio: Spread?
        var isMet: Bool?
    }

    init(settings: Settings, reports: [BenchmarkReport]) {
        self.settings = settings
        benchmarks = reports.map { report in
            Judged(
                benchmark: report.benchmark, conditions: report.conditions,
                figures: report.figures.map {
                    JudgedFigure(
                        figure: $0, spread: Spread($0.values), ratio: $0.ratios.flatMap { Spread($0) }, isMet: $0.isMet)
                })
        }
    }
}
