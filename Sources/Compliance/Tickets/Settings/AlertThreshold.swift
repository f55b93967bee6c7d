package import FoundationEssentials

/// When to warn that a due date comes near: `75%` of the time gone, `24h` before, `0h` when it has passed.
package enum AlertThreshold: Sendable, Hashable {
    /// 1 to 100.
    case share(percent: Int)
    case before(Span)

    package static let breach = AlertThreshold.before(.hours(0))

    /// Whether the alert says that the due date was missed.
    package var isBreach: Bool {
        switch self {
        case .share(let percent): percent == 100
        case .before(let span): span.seconds == 0
        }
    }

    /// - Parameter base: when the time began to run.
    func moment(base: Date, due: Date) -> Date {
        switch self {
        case .share(let percent): base.addingTimeInterval(due.timeIntervalSince(base) * Double(percent) / 100)
        case .before(let span): due.addingTimeInterval(-Double(span.seconds))
        }
    }
}

/// An alert and when it is to be raised.
package struct ScheduledAlert: Sendable, Hashable {
    package var threshold: AlertThreshold
    package var moment: Date
}

extension SLASettings {
    /// The alerts of a ticket, the earliest first.
    ///
    /// - An alert whose moment is not after `base` warns of nothing (`24h` before a due date a day away): left out.
    /// - Of those that are past `now` when the ticket is made, since the failure was detected long ago, only the last is
    ///   kept: one alert that tells how late it is, not all of them at once.
    /// - Of alerts for the same moment one is kept, a breach before others.
    package func scheduledAlerts(base: Date, due: Date, now: Date) -> [ScheduledAlert] {
        var byMoment: [Date: AlertThreshold] = [:]
        for threshold in alerts {
            let moment = threshold.moment(base: base, due: due)
            let isWanted = moment > base || threshold.isBreach
            if isWanted, byMoment[moment]?.isBreach != true {
                byMoment[moment] = threshold
            }
        }
        let alerts = byMoment.map { ScheduledAlert(threshold: $0.value, moment: $0.key) }
            .sorted { $0.moment < $1.moment }
        let firstToCome = alerts.firstIndex { $0.moment > now } ?? alerts.endIndex
        return Array(alerts[max(0, firstToCome - 1)...])
    }
}

// MARK: - Text

/// A text that is not a threshold.
package struct AlertThresholdError: Error, Sendable, Hashable, CustomStringConvertible {
    package var text: String
    package var description: String {
        "\"\(text.prefix(40))\" is not a threshold: a share of the time gone (\"75%\", 1 to 100) or a time before the due"
            + " date (\"24h\"; \"0h\" is the breach) is expected"
    }
}

extension AlertThreshold: CustomStringConvertible {
    package init(_ text: String) throws(AlertThresholdError) {
        if text.hasSuffix("%") {
            guard let percent = Int(text.dropLast()), (1...100).contains(percent), text.first != "+" else {
                throw AlertThresholdError(text: text)
            }
            self = .share(percent: percent)
        } else {
            do throws(SpanError) {
                self = .before(try Span(text))
            } catch {
                throw AlertThresholdError(text: text)
            }
        }
    }

    package var description: String {
        switch self {
        case .share(let percent): "\(percent)%"
        case .before(let span): "\(span)"
        }
    }
}

extension AlertThreshold: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do throws(AlertThresholdError) {
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
