import Foundation

/// Figures for people.
struct FigureTable {
    var figures: [Figure]

    private static let header = ["", "median", "min..max", "", "reference", "min..max", "ratio", "target", ""]

    var text: String {
        let rows = [Self.header] + figures.map(Self.row)
        let widths = Self.header.indices.map { column in
            rows.filter { $0.count > column + 1 || column == 0 }.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            // Where there are no figures, the reason may run through their columns.
            zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
                let isText = column == 0 || column == 3 || column >= 7 || row.count == 2
                return isText ? cell.0 + padding : padding + cell.0
            }.joined(separator: "  ").trimmedEnd
        }.joined(separator: "\n")
    }

    private static func row(_ figure: Figure) -> [String] {
        guard let spread = Spread(figure.values) else {
            return [figure.name, figure.absence ?? "not measured"]
        }
        let reference = figure.reference.flatMap { Spread($0.values) }
        return [
            figure.name, spread.median.short, range(spread), figure.unit,
            reference?.median.short ?? "", reference.map(range) ?? "",
            figure.ratios.flatMap { Spread($0) }.map { $0.median.short } ?? "",
            figure.target.map(words) ?? "", figure.isMet.map { $0 ? "met" : "MISSED" } ?? "",
        ]
    }

    private static func range(_ spread: Spread) -> String { "\(spread.least.short)..\(spread.most.short)" }

    private static func words(_ target: Target) -> String {
        let bound =
            switch target.bound {
            case .atLeast: ">="
            case .atMost: "<="
            case .neverAbove: "never above"
            }
        return (target.subject == .ratio ? "ratio " : "") + "\(bound) \(target.limit.short)"
    }
}

extension Double {
    /// Three digits that count, and thousands apart.
    var short: String {
        switch abs(self) {
        case 0: "0"
        case ..<0.1: String(format: "%.3f", self)
        case ..<10: String(format: "%.2f", self)
        case ..<100: String(format: "%.1f", self)
        case ..<1_000: String(format: "%.0f", self)
        default: "\(Int(self.rounded()) / 1_000)," + String(format: "%03d", abs(Int(self.rounded())) % 1_000)
        }
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
