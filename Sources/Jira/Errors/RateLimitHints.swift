package import FoundationEssentials
package import HTTP

/// When an answer says that the next request may come.
package enum RateLimitHints {
    /// A longer wait is cut to this: the longest known is until the end of an hourly quota. If it was meant, one request an hour
    /// finds that out.
    static let longest = 3_600.0

    /// nil: the answer does not say. At least a second, since it was refused.
    ///
    /// Data Center sends its `X-RateLimit-*` headers and `Retry-After: 0` on healthy answers too, and so on those that
    /// fail for another reason: they count only with status 429.
    package static func retryAfter(_ headers: HTTPHeaders, status: Int, now: Date = Date()) -> Duration? {
        // The server's own clock, so that ours may be wrong.
        let serverNow = headers["Date"].flatMap(JiraTimestamp.httpDate) ?? now
        var wait = headers["Retry-After"].flatMap {
            seconds($0) ?? JiraTimestamp.httpDate($0)?.timeIntervalSince(serverNow)
        }
        switch status {
        case 429:
            wait =
                wait ?? headers["X-RateLimit-Reset"].flatMap { JiraTimestamp.iso8601($0)?.timeIntervalSince(serverNow) }
                ?? headers["X-RateLimit-Interval-Seconds"].flatMap(seconds)
        case 500...:
            if wait == 0 { wait = nil }
        default:
            return nil
        }
        guard let wait, wait.isFinite else { return nil }
        return .seconds(min(max(wait.rounded(.up), 1), longest))
    }

    private static func seconds(_ text: String) -> Double? {
        let text = text.trimmedOfSpace
        guard let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        return Double(text)
    }
}
