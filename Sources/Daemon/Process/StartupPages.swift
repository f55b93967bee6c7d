import Glibc
import Logging
import ServiceLifecycle

/// Gives back the memory of program code that was needed only to start: most of what a quiet daemon would hold otherwise.
///
/// The pages stay in the system's page cache, from which what is needed again comes back at the first touch.
struct StartupPages: Service {
    let logger: Logger
    /// By then all that runs when there is nothing to do has run.
    private static let delay: Duration = .seconds(12)

    /// Until graceful shutdown.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            do {
                try await Task.sleep(for: Self.delay)
                let count = Self.release()
                logger.debug("gave back the memory of code that starting needed", metadata: ["mappings": "\(count)"])
            } catch {
                // Stopped before that: then there is nothing to spare.
            }
        }
        try? await gracefulShutdown()
    }

    /// Drops the pages of mapped code and constants: never written to, so that nothing can be lost (madvise(2), MADV_DONTNEED:
    /// pages of a file are read from it again).
    /// - Returns: how many mappings there were.
    private static func release() -> Int {
        maps().split(separator: "\n").compactMap(CodeMapping.init).count { $0.drop() }
    }

    /// Read to its end: like all such files it says that it is empty.
    private static func maps() -> String {
        let file = unsafe open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while case let count = unsafe read(file, &chunk, chunk.count), count > 0 { text += chunk[..<count] }
        return String(decoding: text, as: UTF8.self)
    }
}

/// A line of /proc/self/maps that tells of a program's or library's code (proc(5)):
/// `7f2a1000-7f2b2000 r-xp 00001000 fe:00 4711  /usr/lib/libc.so.6`.
private struct CodeMapping {
    private let start: UInt
    private let length: UInt

    init?(_ line: Substring) {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count >= 6, words[5].hasPrefix("/") else { return nil }
        // A file begins with its symbols and constants. What the loader has written to and then made read-only stands further back.
        let isBeginning = words[2].allSatisfy { $0 == "0" }
        guard words[1] == "r-xp" || words[1] == "r--p" && isBeginning else { return nil }
        let bounds = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard bounds.count == 2, bounds[0] < bounds[1] else { return nil }
        start = bounds[0]
        length = bounds[1] - bounds[0]
    }

    /// - Returns: whether the system took it.
    func drop() -> Bool {
        unsafe madvise(UnsafeMutableRawPointer(bitPattern: start), Int(length), MADV_DONTNEED) == 0
    }
}
