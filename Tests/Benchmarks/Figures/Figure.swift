/// Something measured once in each round, with what the reference gave in the same rounds.
struct Figure: Sendable, Encodable {
    var name: String
    var unit: String
    var values: [Double]
    var reference: Reference?
    var target: Target?
    /// Why there is nothing to tell.
    var absence: String?

    struct Reference: Sendable, Encodable {
        var name: String
        var values: [Double]
    }

    init(
        _ name: String, _ unit: String, _ values: [Double], against reference: Reference? = nil, target: Target? = nil
    ) {
        self.name = name
        self.unit = unit
        self.values = values
        self.reference = reference
        self.target = target
    }

    init(_ name: String, notSupported reason: String) {
        self.init(name, "", [])
        absence = reason
    }

    /// Ours to the reference's, round by round: whatever else the machine did then, it did to both.
    var ratios: [Double]? {
        reference.map { reference in zip(values, reference.values).filter { $1 != 0 }.map { $0 / $1 } }
    }

    /// nil without a target, or without a measurement.
    var isMet: Bool? {
        guard let target, let judged = Spread(target.isOfRatio ? ratios ?? [] : values) else { return nil }
        switch target.bound {
        case .atLeast(let bound): return judged.median >= bound
        case .atMost(let bound): return judged.median <= bound
        case .never(let bound): return judged.most <= bound
        }
    }
}

/// What the median has to be; `never` binds each single round.
struct Target: Sendable, Encodable {
    enum Bound: Sendable, Encodable {
        case atLeast(Double), atMost(Double), never(above: Double)
    }
    var bound: Bound
    /// Of the ratio to the reference rather than of the figure.
    var isOfRatio: Bool

    static func ratio(_ bound: Bound) -> Target { Target(bound: bound, isOfRatio: true) }
    static func value(_ bound: Bound) -> Target { Target(bound: bound, isOfRatio: false) }
}

struct Spread: Sendable, Encodable {
    var median: Double
    var least: Double
    var most: Double

    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let least = sorted.first, let most = sorted.last else { return nil }
        self.least = least
        self.most = most
        let middle = sorted.count / 2
        median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

extension [Double] {
    /// By nearest rank; 0 of nothing.
    func quantile(_ share: Double) -> Double {
        let sorted = sorted()
        return sorted.isEmpty ? 0 : sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
