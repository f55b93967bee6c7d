import Metrics
import Synchronization

/// The metrics of the process: a backend for swift-metrics that renders Prometheus' text format.
final class MetricsRegistry: MetricsFactory, Sendable {
    private struct Family {
        var declaration: MetricDeclaration
        var numbers: [MetricLabels: MetricNumber] = [:]
        var histograms: [MetricLabels: MetricHistogram] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var declared: [String: MetricDeclaration]
    }

    /// Series of one metric; what comes after shares one series labelled `other`, since labels may hold what customers chose.
    private let maximumSeries: Int
    private let state: Mutex<State>

    init(declarations: [MetricDeclaration] = MetricDeclaration.all, maximumSeries: Int = 1_000) {
        self.maximumSeries = maximumSeries
        state = Mutex(State(declared: Dictionary(declarations.map { ($0.name, $0) }) { first, _ in first }))
        for declaration in declarations where !declaration.hasLabels {
            switch declaration.kind {
            case .counter, .gauge: _ = number(declaration.name, [], declaration.kind)
            case .histogram: _ = histogram(declaration.name, [], seconds: false)
            }
        }
    }

    // MARK: MetricsFactory

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        number(label, dimensions, .counter)
    }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        number(label, dimensions, .counter)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        number(label, dimensions, .gauge)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions, seconds: false) : number(label, dimensions, .gauge)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, seconds: true)
    }

    func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    // MARK: Series

    private func number(_ label: String, _ dimensions: [(String, String)], _ kind: MetricDeclaration.Kind)
        -> MetricNumber
    {
        state.withLock { state in
            // Most come again and again under their own names.
            if let family = state.families[label], family.declaration.kind == kind,
                let series = family.numbers[MetricLabels(dimensions)]
            {
                return series
            }
            let declaration = MetricDeclaration.resolve(label, kind, seconds: false, among: state.declared)
            // A name used for two kinds of metric would spoil the whole scrape: the second use is counted nowhere.
            guard declaration.kind == kind, (state.families[declaration.name]?.declaration.kind ?? kind) == kind else {
                return MetricNumber()
            }
            var family = state.families[declaration.name] ?? Family(declaration: declaration)
            var labels = MetricLabels(dimensions)
            if family.numbers[labels] == nil, family.numbers.count >= maximumSeries { labels = labels.overflow }
            let series = family.numbers[labels] ?? MetricNumber()
            family.numbers[labels] = series
            state.families[declaration.name] = family
            return series
        }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)], seconds: Bool) -> MetricHistogram {
        state.withLock { state in
            let declaration = MetricDeclaration.resolve(label, .histogram, seconds: seconds, among: state.declared)
            let kind = state.families[declaration.name]?.declaration.kind ?? declaration.kind
            guard kind == .histogram else { return MetricHistogram(bounds: []) }
            var family = state.families[declaration.name] ?? Family(declaration: declaration)
            var labels = MetricLabels(dimensions)
            if family.histograms[labels] == nil, family.histograms.count >= maximumSeries { labels = labels.overflow }
            let series = family.histograms[labels] ?? MetricHistogram(bounds: declaration.buckets)
            family.histograms[labels] = series
            state.families[declaration.name] = family
            return series
        }
    }

    private func forget(_ handler: AnyObject) {
        state.withLock { state in
            for (name, var family) in state.families {
                family.numbers = family.numbers.filter { $0.value !== handler }
                family.histograms = family.histograms.filter { $0.value !== handler }
                state.families[name] = family
            }
        }
    }

    // MARK: Exposition

    /// Everything in the text format 0.0.4, families and series in a stable order.
    func render() -> String {
        let families = state.withLock { $0.families }
        var text = PrometheusText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.family(name, family.declaration.kind, help: family.declaration.help)
            for (labels, number) in family.numbers.sorted(by: { $0.key.isBefore($1.key) }) {
                text.sample(name, labels.pairs, number.value)
            }
            for (labels, histogram) in family.histograms.sorted(by: { $0.key.isBefore($1.key) }) {
                text.histogram(name, labels.pairs, bounds: histogram.bounds, histogram.snapshot)
            }
        }
        return text.text
    }
}

extension MetricLabels {
    fileprivate func isBefore(_ other: MetricLabels) -> Bool {
        pairs.map(\.value).lexicographicallyPrecedes(other.pairs.map(\.value))
    }
}
