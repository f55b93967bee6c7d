import Metrics
import Postgres
import Synchronization

/// The labels of one series, in the order of their names.
struct MetricLabels: Sendable, Hashable {
    var pairs: [Pair]

    struct Pair: Sendable, Hashable {
        var name: String
        private var exactValue: ExactText

        init(name: String, value: String) {
            self.name = name
            exactValue = ExactText(value)
        }

        /// A customer, say.
        var value: String {
            get { exactValue.text }
            set { exactValue = ExactText(newValue) }
        }
    }

    init(_ dimensions: [(String, String)]) {
        let unique = Dictionary(dimensions) { _, last in last }
        pairs = unique.map { Pair(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
    }

    /// The series into which everything goes once a metric has too many.
    var overflow: MetricLabels {
        var other = self
        for index in other.pairs.indices { other.pairs[index].value = "other" }
        return other
    }
}

/// A number that grows or is set: counters and gauges.
final class MetricNumber: Sendable, CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    private let number = Mutex(0.0)

    var value: Double { number.withLock { $0 } }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) {
        guard amount.isFinite else { return }
        number.withLock { $0 += amount }
    }

    func decrement(by amount: Double) { increment(by: -amount) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { number.withLock { $0 = value } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func reset() { set(0.0) }
}

/// Counts of observations by upper bound, with their sum.
final class MetricHistogram: Sendable, RecorderHandler, TimerHandler {
    struct Snapshot {
        /// Per bucket, not cumulative; the last is what exceeds every bound.
        var counts: [UInt64]
        var sum: Double
    }

    let bounds: [Double]
    private let state: Mutex<Snapshot>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(Snapshot(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
    }

    var snapshot: Snapshot { state.withLock { $0 } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[bucket] += 1
            $0.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
