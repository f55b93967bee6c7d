import FoundationEssentials
import Glibc

/// Prometheus' customary figures of the process itself. All from /proc/self, which `ProcSubset=pid` leaves visible; the
/// start is our own clock's, since /proc/stat is hidden there.
struct ProcessMetrics: Sendable {
    private let startTime: Double

    init(startTime: Date = .now) {
        self.startTime = startTime.timeIntervalSince1970
    }

    func render() -> String {
        var text = PrometheusText()
        func add(_ name: String, _ kind: MetricDeclaration.Kind, _ help: String, _ value: Double?) {
            guard let value else { return }
            text.family(name, kind, help: help)
            text.sample(name, [], value)
        }
        add("process_cpu_seconds_total", .counter, "User and system CPU time spent.", cpuSeconds)
        add("process_resident_memory_bytes", .gauge, "Resident memory size.", memory(field: 1))
        add("process_virtual_memory_bytes", .gauge, "Virtual memory size.", memory(field: 0))
        add("process_open_fds", .gauge, "Open file descriptors.", openFiles)
        add("process_max_fds", .gauge, "Limit of open file descriptors.", fileLimit)
        add("process_start_time_seconds", .gauge, "Start of the process, Unix time.", startTime)
        return text.text
    }

    private var cpuSeconds: Double? {
        let ticks = clock()
        return ticks < 0 ? nil : Double(ticks) / 1_000_000  // CLOCKS_PER_SEC is one million by POSIX
    }

    /// A field of proc(5) statm, which counts pages.
    private func memory(field: Int) -> Double? {
        guard let contents = try? FileContents.read("/proc/self/statm") else { return nil }
        let fields = String(decoding: contents.bytes, as: UTF8.self).split(separator: " ")
        guard fields.count > field, let pages = Double(fields[field]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private var openFiles: Double? {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") else { return nil }
        return Double(names.count - 1)  // without the one that reads the directory
    }

    private var fileLimit: Double? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }
}
