import Glibc

/// The bytes of a small file, read in one go with the facts that matter for a file that may hold secrets.
struct FileContents {
    var bytes: [UInt8]
    /// Whether others than owner and group may read it.
    var isWorldReadable: Bool

    struct Unreadable: Error, CustomStringConvertible {
        var description: String { reason }
        /// The system's words, such as "No such file or directory".
        var reason: String
        var isMissing: Bool
    }

    /// Reads `path`, which may be `-` for standard input.
    ///
    /// - Parameter limit: refuses what is longer, in bytes, so that a wrong path (a device, a log) cannot fill the memory.
    static func read(_ path: String, limit: Int = 1 << 20) throws(Unreadable) -> FileContents {
        let isStandardInput = path == "-"
        let descriptor = isStandardInput ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError() }
        defer { if !isStandardInput { close(descriptor) } }

        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw systemError() }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw Unreadable(reason: "is a directory", isMissing: false)
        }

        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw systemError() }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else {
                throw Unreadable(reason: "is longer than \(limit) bytes", isMissing: false)
            }
        }
        return FileContents(bytes: bytes, isWorldReadable: status.st_mode & S_IROTH != 0)
    }

    static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    private static func systemError() -> Unreadable {
        let code = errno
        return Unreadable(reason: systemMessage(code), isMissing: code == ENOENT || code == ENOTDIR)
    }
}

/// The C library's words for an error number. (glibc's `strerror` is thread-safe since 2.32.)
func systemMessage(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
}
