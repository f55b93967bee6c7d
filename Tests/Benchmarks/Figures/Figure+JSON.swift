/// With all that people read off the table, so that a script need not work it out.
extension Figure: Encodable {
    private enum Key: String, CodingKey {
        case name, unit, rounds, median, least, most, reference, ratio, target, isMet, absence
    }

    private struct Measured: Encodable {
        var name: String?
        var rounds: [Double]
        var median: Double
        var least: Double
        var most: Double

        init?(_ name: String?, _ rounds: [Double]) {
            guard let spread = Spread(rounds) else { return nil }
            self.name = name
            self.rounds = rounds
            median = spread.median
            least = spread.least
            most = spread.most
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(unit, forKey: .unit)
        try container.encode(values, forKey: .rounds)
        if let spread = Spread(values) {
            try container.encode(spread.median, forKey: .median)
            try container.encode(spread.least, forKey: .least)
            try container.encode(spread.most, forKey: .most)
        }
        try container.encodeIfPresent(
            reference.flatMap { Measured($0.name, $0.values) }, forKey: .reference)
        try container.encodeIfPresent(ratios.flatMap { Measured(nil, $0) }, forKey: .ratio)
        try container.encodeIfPresent(target, forKey: .target)
        try container.encodeIfPresent(isMet, forKey: .isMet)
        try container.encodeIfPresent(absence, forKey: .absence)
    }
}
