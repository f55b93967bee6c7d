import Foundation
import Testing

@testable import Compliance

@Suite struct TicketsAlertTests {
    private let base = Date(timeIntervalSince1970: 1_000_000)
    private let day = 86_400.0

    private func alerts(due days: Double, now: Double = 0, _ thresholds: [AlertThreshold]? = nil) -> [String] {
        var settings = SLASettings()
        settings.alerts = thresholds ?? settings.alerts
        let due = base.addingTimeInterval(days * day)
        return settings.scheduledAlerts(base: base, due: due, now: base.addingTimeInterval(now * day)).map {
            "\($0.threshold) day \($0.moment.timeIntervalSince(base) / day)"
        }
    }

    @Test func `alerts come in the order of their moments`() {
        #expect(alerts(due: 8) == ["75% day 6.0", "24h day 7.0", "0h day 8.0"])
        #expect(alerts(due: 2) == ["24h day 1.0", "75% day 1.5", "0h day 2.0"])
    }

    @Test func `an alert at the very start warns of nothing`() {
        #expect(alerts(due: 1) == ["75% day 0.75", "0h day 1.0"])
        #expect(alerts(due: 0.5) == ["75% day 0.375", "0h day 0.5"])
    }

    @Test func `of alerts that are late already only the last is raised`() {
        #expect(alerts(due: 8, now: 6.5) == ["75% day 6.0", "24h day 7.0", "0h day 8.0"])
        #expect(alerts(due: 8, now: 7.5) == ["24h day 7.0", "0h day 8.0"])
        #expect(alerts(due: 8, now: 20) == ["0h day 8.0"])
    }

    @Test func `one alert for one moment`() {
        #expect(alerts(due: 8, [.share(percent: 100), .breach, .before(.hours(0))]) == ["100% day 8.0"])
        #expect(alerts(due: 8, []) == [])
    }

    @Test(arguments: ["75%", "1%", "100%", "24h", "0h", "7d"])
    func `thresholds are read and written as they are`(text: String) throws {
        #expect(try AlertThreshold(text).description == text)
    }

    @Test(arguments: ["0%", "101%", "%", "+5%", "-1h", "", "24", "half"])
    func `what is no threshold is an error`(text: String) {
        #expect(throws: AlertThresholdError.self) { try AlertThreshold(text) }
    }
}
