/// A length of time as settings write it: `10s`, `5m`, `24h`, `7d`, `0h`.
///
/// Keeps the unit it was written in: a due date `1d` away is a day in a calendar, in business days perhaps over a weekend;
/// `24h` is not.
package struct Span: Sendable, Hashable {
    package enum Unit: String, Sendable, Hashable, CaseIterable {
        case seconds = "s"
        case minutes = "m"
        case hours = "h"
        case days = "d"

        package var seconds: Int64 {
            switch self {
            case .seconds: 1
            case .minutes: 60
            case .hours: 3_600
            case .days: 86_400
            }
        }
    }

    package var amount: Int64
    package var unit: Unit

    package init(_ amount: Int64, _ unit: Unit) {
        self.amount = amount
        self.unit = unit
    }

    package static func seconds(_ amount: Int64) -> Span { Span(amount, .seconds) }
    package static func minutes(_ amount: Int64) -> Span { Span(amount, .minutes) }
    package static func hours(_ amount: Int64) -> Span { Span(amount, .hours) }
    package static func days(_ amount: Int64) -> Span { Span(amount, .days) }

    /// Days counted as 24 hours.
    package var seconds: Int64 { amount * unit.seconds }

    /// Days counted as 24 hours.
    package var duration: Duration { .seconds(seconds) }
}

// MARK: - Text

extension Span: CustomStringConvertible {
    package var description: String { "\(amount)\(unit.rawValue)" }
}

/// A text that is not a span of time.
package struct SpanError: Error, Sendable, Hashable, CustomStringConvertible {
    package var text: String
    package var description: String {
        "\"\(text.prefix(40))\" is not a duration: a number and s, m, h or d is expected, such as 10s, 5m, 24h, 7d or 0h"
            + " (at most \(Span.longest))"
    }
}

extension Span {
    /// More is a slip: a hundred years.
    package static let longest = Span.days(36_525)

    package init(_ text: some StringProtocol) throws(SpanError) {
        let text = String(text)
        guard let last = text.last, let unit = Unit(rawValue: String(last)), text.utf8.count <= 12,
            text.dropLast().utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let amount = Int64(text.dropLast()), amount * unit.seconds <= Self.longest.seconds
        else { throw SpanError(text: text) }
        self.init(amount, unit)
    }
}

extension Span: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do throws(SpanError) {
            try self.init(container.writtenText())
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
