import Glibc

/// Whole texts to the standard streams by plain write(2): no buffer that could be lost at exit, no locale.
enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Writes all of it. A reader that has gone away (`| head`) is not an error worth a message: false says so.
    @discardableResult
    func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = unsafe Glibc.write(rawValue, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
                if count > 0 {
                    offset += count
                } else if errno == EAGAIN {
                    // The other end of a terminal or pipe may have made it non-blocking; wait until it takes more.
                    var slot = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                    _ = unsafe poll(&slot, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
