import FoundationEssentials

/// Fills at a steady rate, empties by one for each request.
struct TokenBucket: Sendable {
    private var tokens: Double
    private var filledAt: Date

    init(full limit: SimulatedJira.RateLimit, at now: Date) {
        tokens = Double(limit.burst)
        filledAt = now
    }

    var remaining: Int { Int(tokens) }

    mutating func take(_ limit: SimulatedJira.RateLimit, at now: Date) -> Bool {
        tokens = min(Double(limit.burst), tokens + max(0, now.timeIntervalSince(filledAt)) * limit.perSecond)
        filledAt = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
