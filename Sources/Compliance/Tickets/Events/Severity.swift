/// How bad the failure of a control is; ordered, `low` first.
package enum Severity: String, Sendable, Hashable, CaseIterable, Codable, CodingKeyRepresentable {
    case low, medium, high, critical
}

extension Severity: Comparable {
    package static func < (lesser: Severity, greater: Severity) -> Bool {
        lesser.rank < greater.rank
    }

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .critical: 3
        }
    }
}
