package import FoundationEssentials
package import Postgres

/// Between which times something happened, for lists. What is a time ago is reckoned by the database's clock.
package struct TimeRange: Sendable {
    package enum Moment: Sendable {
        case instant(Date)
        case ago(Duration)
    }

    package var since: Moment?
    package var until: Moment?

    package init(since: Moment? = nil, until: Moment? = nil) {
        self.since = since
        self.until = until
    }

    /// Four, for a condition such as
    /// `at >= coalesce($1::timestamptz, clock_timestamp() - make_interval(secs => $2::float8), '-infinity')
    ///  AND at < coalesce($3::timestamptz, clock_timestamp() - make_interval(secs => $4::float8), 'infinity')`.
    package var parameters: [any PostgresEncodable] { Self.parameters(since) + Self.parameters(until) }

    private static func parameters(_ moment: Moment?) -> [any PostgresEncodable] {
        switch moment {
        case .instant(let date): [date as Date?, nil as Double?]
        case .ago(let span): [nil as Date?, span.inSeconds as Double?]
        case nil: [nil as Date?, nil as Double?]
        }
    }
}
