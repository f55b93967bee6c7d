/// Something measured once in each round, with what the reference gave in the same rounds.
struct Figure: Sendable {
    var name: String
    var unit: String
    var values: [Double]
    var reference: Reference?
    var target: Target?
    /// Why there is nothing to tell.
    var absence: String?

    struct Reference: Sendable {
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
        guard let target, let judged = Spread(target.subject == .ratio ? ratios ?? [] : values) else { return nil }
        return switch target.bound {
        case .atLeast: judged.median >= target.limit
        case .atMost: judged.median <= target.limit
        case .neverAbove: judged.most <= target.limit
        }
    }
}

/// What the median has to be; `neverAbove` binds each single round.
struct Target: Sendable, Encodable {
    enum Bound: String, Sendable, Encodable { case atLeast, atMost, neverAbove }
    enum Subject: String, Sendable, Encodable { case value, ratio }

    var subject: Subject
    var bound: Bound
    var limit: Double

    static func ratio(_ bound: Bound, _ limit: Double) -> Target { Target(subject: .ratio, bound: bound, limit: limit) }
    static func value(_ bound: Bound, _ limit: Double) -> Target { Target(subject: .value, bound: bound, limit: limit) }
}

struct Spread: Sendable {
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
