/// Prometheus' text exposition format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func family(_ name: String, _ kind: MetricDeclaration.Kind, help: String) {
        if !help.isEmpty { text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n" }
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ name: String, _ labels: [MetricLabels.Pair], _ value: Double) {
        text += name + Self.rendered(labels) + " " + Self.rendered(value) + "\n"
    }

    mutating func histogram(
        _ name: String, _ labels: [MetricLabels.Pair], bounds: [Double], _ snapshot: MetricHistogram.Snapshot
    ) {
        var count: UInt64 = 0
        for (bound, inBucket) in zip(bounds + [.infinity], snapshot.counts) {
            count += inBucket
            sample(name + "_bucket", labels + [.init(name: "le", value: Self.rendered(bound))], Double(count))
        }
        sample(name + "_sum", labels, snapshot.sum)
        sample(name + "_count", labels, Double(count))
    }

    private static func rendered(_ labels: [MetricLabels.Pair]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { "\(labelName($0.name))=\"\(escaped($0.value, quotes: true))\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    private static func labelName(_ name: String) -> String {
        let clean = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        return clean.first?.isNumber ?? true ? "_" + clean : clean
    }

    private static func rendered(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), abs(value) < 9e15 { return "\(Int64(value))" }
        return "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
