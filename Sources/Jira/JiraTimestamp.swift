package import FoundationEssentials

/// The forms in which Jira and HTTP write a moment.
package enum JiraTimestamp {
    /// ISO 8601 as Jira writes it: `2026-11-23T10:29:29.908+0000`; seconds and their fraction may be missing, the zone
    /// may be `Z`, `+01:00` or missing (then UTC).
    package static func iso8601(_ text: String) -> Date? {
        var rest = text.trimmedOfSpace.utf8[...]
        guard let year = number(&rest, digits: 4), skip("-", &rest), let month = number(&rest, digits: 2),
            skip("-", &rest), let day = number(&rest, digits: 2), skip("T", &rest) || skip(" ", &rest),
            let hour = number(&rest, digits: 2), skip(":", &rest), let minute = number(&rest, digits: 2)
        else { return nil }
        var second = 0.0
        if skip(":", &rest) {
            guard let whole = number(&rest, digits: 2) else { return nil }
            second = Double(whole)
            if skip(".", &rest) || skip(",", &rest) {
                let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                guard !digits.isEmpty, let fraction = Double("0.\(Substring(digits))") else { return nil }
                second += fraction
                rest = rest[digits.endIndex...]
            }
        }
        guard let zone = zone(rest) else { return nil }
        return date(year, month, day, hour, minute, second, zone: zone)
    }

    /// As Jira takes a moment in a field: `2026-11-23T10:29:29.000+0000`, to the second.
    package static func text(_ moment: Date) -> String {
        "\(moment.formatted(.iso8601).dropLast()).000+0000"
    }

    /// RFC 9110, section 5.6.7, in the one form that is still sent: `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func httpDate(_ text: String) -> Date? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == ":" })
        guard parts.count == 8, parts[7] == "GMT", let day = Int(parts[1]),
            let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]), let hour = Int(parts[4]),
            let minute = Int(parts[5]), let second = Double(parts[6])
        else { return nil }
        return date(year, month + 1, day, hour, minute, second, zone: 0)
    }

    private static func skip(_ character: Unicode.Scalar, _ rest: inout Substring.UTF8View) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private static func number(_ rest: inout Substring.UTF8View, digits: Int) -> Int? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        rest = rest[text.endIndex...]
        return Int(Substring(text))
    }

    /// Seconds east of UTC.
    private static func zone(_ text: Substring.UTF8View) -> Int? {
        var rest = text
        if rest.isEmpty { return 0 }
        if skip("Z", &rest) || skip("z", &rest) { return rest.isEmpty ? 0 : nil }
        let isWest = rest.first == UInt8(ascii: "-")
        guard skip("+", &rest) || skip("-", &rest), let hours = number(&rest, digits: 2) else { return nil }
        _ = skip(":", &rest)
        let minutes = number(&rest, digits: 2) ?? 0
        guard rest.isEmpty else { return nil }
        return (isWest ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }

    private static func date(
        _ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Double, zone: Int
    ) -> Date? {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0...24).contains(hour),
            (0...59).contains(minute), (0..<62).contains(second)
        else { return nil }
        // Days since 1970-01-01 in the Gregorian calendar, years counted from March so that leap days come last.
        let shifted = month > 2 ? year : year - 1
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return Date(
            timeIntervalSince1970: Double(days * 86_400 + hour * 3_600 + minute * 60 - zone) + second)
    }
}
