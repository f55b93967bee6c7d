/// How long to wait before connecting again: exponential, with full jitter, so that the processes of a fleet do not come all at once.
///
/// After the first failure up to 100 ms, then up to 200, 400, 800 ms, 1.6, 3.2 and from then on 5 s.
struct Backoff {
    static func delay(afterFailures failures: Int) -> Duration {
        .milliseconds(Int64.random(in: 0...min(5_000, 100 << min(max(failures, 1) - 1, 10))))
    }
}
