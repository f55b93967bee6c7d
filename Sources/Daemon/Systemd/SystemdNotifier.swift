import Dispatch
import Glibc

/// Tells systemd how the service is doing: datagrams to `$NOTIFY_SOCKET` (sd_notify(3)). Without that variable, in a
/// terminal or a container, every call does nothing.
struct SystemdNotifier: Sendable {
    private let address: [UInt8]?

    /// - Parameter environment: `NOTIFY_SOCKET` is a path, or an abstract name written with a leading `@`.
    init(environment: [String: String]) {
        guard let name = environment["NOTIFY_SOCKET"], name.hasPrefix("/") || name.hasPrefix("@") else {
            address = nil
            return
        }
        var bytes = Array(name.utf8)
        if name.hasPrefix("@") { bytes[0] = 0 }
        address = bytes.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) ? bytes : nil
    }

    var isListening: Bool { address != nil }

    func ready(status: String) { send("READY=1", "STATUS=\(status.escapingControls)") }
    func status(_ status: String) { send("STATUS=\(status.escapingControls)") }
    func stopping(status: String) { send("STOPPING=1", "STATUS=\(status.escapingControls)") }

    /// Both lines in one datagram: systemd 253 and later waits for the time with `Type=notify-reload`, older ones ignore it.
    func reloading() { send("RELOADING=1", "MONOTONIC_USEC=\(Self.monotonicMicroseconds)") }

    /// Asks for that much time from now on before systemd takes a start or stop for hung.
    func extendTimeout(by duration: Duration) {
        send("EXTEND_TIMEOUT_USEC=\(duration.microseconds)")
    }

    func watchdog() { send("WATCHDOG=1") }

    private func send(_ lines: String...) {
        guard let address else { return }
        // A lost notification is not worth stopping for: systemd has its own timeouts for a service that stays silent.
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &target.sun_path) { unsafe $0.copyBytes(from: address) }
        // The length ends with the name: an abstract name is taken whole, padding zeros would be part of it.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + address.count)
        let message = Array(lines.joined(separator: "\n").utf8)
        unsafe withUnsafePointer(to: &target) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                _ = unsafe sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), generic, length)
            }
        }
    }

    /// systemd compares with its own CLOCK_MONOTONIC, so no other clock will do; on Linux Dispatch's uptime is that one.
    private static var monotonicMicroseconds: UInt64 {
        DispatchTime.now().uptimeNanoseconds / 1_000
    }
}

extension Duration {
    fileprivate var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
