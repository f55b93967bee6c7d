/// Durations as the configuration writes them: `10s`, `5m`, `24h`, `7d`, `0h`; also `500ms`, and sums such as `1h30m`.
extension Duration {
    init?(notation: String) {
        var total = Duration.zero
        var rest = notation[...]
        // So short that the sum cannot overflow.
        guard !rest.isEmpty, rest.utf8.count <= 64 else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard !digits.isEmpty, !unit.isEmpty, digits.count <= 9, let number = Int64(digits) else { return nil }
            switch unit {
            case "ms": total += .milliseconds(number)
            case "s": total += .seconds(number)
            case "m": total += .seconds(number * 60)
            case "h": total += .seconds(number * 3_600)
            case "d": total += .seconds(number * 86_400)
            default: return nil
            }
            rest = rest.dropFirst(digits.count + unit.count)
        }
        self = total
    }

    /// The shortest notation that reads back as the same duration.
    var notation: String {
        let (seconds, attoseconds) = components
        guard attoseconds == 0 else {
            return "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)ms"
        }
        for (unit, length) in [("d", Int64(86_400)), ("h", 3_600), ("m", 60)]
        where seconds != 0 && seconds % length == 0 {
            // 24h stays 24h: that is how the guide writes a day-long window, and 1d reads the same.
            return unit == "d" && seconds == 86_400 ? "24h" : "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}
