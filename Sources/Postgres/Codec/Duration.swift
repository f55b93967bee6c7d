/// A length of time that a statement tells in seconds, as `extract(epoch FROM ...)::float8`.
///
/// More than a hundred years is cut to that, as the difference to an infinite time is: what computes with it, or sleeps for so
/// long, must not overflow.
extension Duration: PostgresDecodable {
    private static let limit = 100 * 365.25 * 86_400

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> Duration {
        let seconds = try Double.decode(bytes, type)
        guard !seconds.isNaN else { throw PostgresError(.decoding, "is NaN where a length of time is expected") }
        return .seconds(min(max(seconds, -limit), limit))
    }
}
