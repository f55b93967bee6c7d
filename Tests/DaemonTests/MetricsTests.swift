import Metrics
import Testing

@testable import Daemon

@Suite struct MetricsTests {
    private let registry = MetricsRegistry(declarations: [
        MetricDeclaration(name: "kushim_jira_jobs_total", kind: .counter, help: "Runs of\njobs.", hasLabels: true),
        MetricDeclaration(name: "kushim_jira_leases_lost_total", kind: .counter, help: "Lost."),
        MetricDeclaration(
            name: "kushim_jira_job_duration_seconds", kind: .histogram, help: "Time.", hasLabels: true,
            buckets: [0.1, 1]),
    ])

    @Test func theTextFormatIsPrometheus() {
        Counter(label: "jobs_total", dimensions: [("outcome", "completed"), ("kind", "a\"b\\c\nd")], factory: registry)
            .increment(by: 3)
        let timer = Timer(label: "kushim_jira_job_duration_seconds", dimensions: [("kind", "x")], factory: registry)
        timer.recordMilliseconds(50)
        timer.recordMilliseconds(100)
        timer.recordSeconds(5)
        #expect(
            registry.render() == #"""
                # HELP kushim_jira_job_duration_seconds Time.
                # TYPE kushim_jira_job_duration_seconds histogram
                kushim_jira_job_duration_seconds_bucket{kind="x",le="0.1"} 2
                kushim_jira_job_duration_seconds_bucket{kind="x",le="1"} 2
                kushim_jira_job_duration_seconds_bucket{kind="x",le="+Inf"} 3
                kushim_jira_job_duration_seconds_sum{kind="x"} 5.15
                kushim_jira_job_duration_seconds_count{kind="x"} 3
                # HELP kushim_jira_jobs_total Runs of\njobs.
                # TYPE kushim_jira_jobs_total counter
                kushim_jira_jobs_total{kind="a\"b\\c\nd",outcome="completed"} 3
                # HELP kushim_jira_leases_lost_total Lost.
                # TYPE kushim_jira_leases_lost_total counter
                kushim_jira_leases_lost_total 0

                """#)
    }

    @Test func spellingsOfOneMetricMeet() {
        Counter(label: "leases.lost", factory: registry).increment()
        Counter(label: "kushim_jira_leases_lost_total", factory: registry).increment()
        #expect(registry.render().contains("\nkushim_jira_leases_lost_total 2\n"))
    }

    @Test func customersWhoseNamesLookAlikeHaveSeriesOfTheirOwn() {
        for (value, customer) in ["caf\u{E9}", "cafe\u{301}"].enumerated() {
            Gauge(label: "connection_blocked", dimensions: [("customer", customer)], factory: registry).record(value)
        }
        let series = registry.render().utf8.split(separator: UInt8(ascii: "\n")).filter {
            $0.starts(with: "kushim_jira_connection_blocked".utf8)
        }
        #expect(series.count == 2)
    }

    @Test func gaugesAreSetAndCanBeTakenAway() {
        let gauge = Gauge(label: "connection_blocked", dimensions: [("customer", "acme")], factory: registry)
        gauge.record(1)
        #expect(
            registry.render().contains(
                "# TYPE kushim_jira_connection_blocked gauge\nkushim_jira_connection_blocked{customer=\"acme\"} 1\n"))
        gauge.destroy()
        #expect(!registry.render().contains("acme"))
    }

    @Test func labelsCannotGrowWithoutBound() {
        let registry = MetricsRegistry(declarations: [], maximumSeries: 10)
        for customer in 0..<1_000 {
            Counter(label: "webhooks", dimensions: [("customer", "\(customer)")], factory: registry).increment()
        }
        let samples = registry.render().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(samples.count == 11)
        #expect(samples.contains("kushim_jira_webhooks_total{customer=\"other\"} 990"))
    }

    @Test func aNameUsedForTwoKindsDoesNotSpoilTheScrape() {
        Counter(label: "thing_total", factory: registry).increment()
        Gauge(label: "thing_total", factory: registry).record(5)
        #expect(registry.render().contains("\nkushim_jira_thing_total 1\n"))
    }

    @Test func everyDeclaredMetricFollowsTheNamingRules() {
        for metric in MetricDeclaration.all {
            #expect(metric.name.hasPrefix("kushim_jira_"))
            #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
            #expect((metric.kind == .histogram) == !metric.buckets.isEmpty, "\(metric.name)")
            #expect(metric.buckets == metric.buckets.sorted())
            #expect(metric.help.hasSuffix("."))
        }
        #expect(Set(MetricDeclaration.all.map(\.name)).count == MetricDeclaration.all.count)
    }

    @Test func theProcessIsMeasured() {
        let text = ProcessMetrics().render()
        for name in [
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
            "process_start_time_seconds",
        ] {
            #expect(text.contains("\n\(name) "), "\(name)")
        }
    }
}
