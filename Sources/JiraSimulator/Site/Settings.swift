extension SimulatedJira {
    /// Which of the two products is played.
    package enum Mode: String, Sendable {
        case cloud
        case dataCenter
    }

    /// What happens to a request whose credentials are bad or missing.
    package enum BadCredentialsAnswer: String, Sendable, CaseIterable {
        /// 200 with the empty view of an anonymous visitor, told only by headers, for reads; 401 for the rest.
        case anonymousView
        /// As `anonymousView`, but a search that names a project gets Jira's 400 about that project.
        case anonymousError
        /// 401 for everything.
        case unauthorized
    }

    /// The language of the user's profile, in which Jira words its errors.
    package enum Language: String, Sendable, CaseIterable {
        case english = "en"
        case german = "de"
    }

    /// A token bucket for each operation and method, as Jira's burst limit is.
    package struct RateLimit: Sendable, Hashable {
        package var perSecond: Double
        package var burst: Int
        package init(perSecond: Double, burst: Int) {
            self.perSecond = perSecond
            self.burst = burst
        }
    }

    /// How this Jira behaves. All of it can be changed while it runs.
    package struct Settings: Sendable {
        /// How long after a change a search shows it. A range draws a lag for each change.
        package var indexLag: DelayRange = .zero
        package var badCredentials: BadCredentialsAnswer = .anonymousView
        /// Data Center 11 and later refuse user and password.
        package var basicIsDisabled = false
        /// After this many bad passwords in a row every sign-in is refused until `captchaIsShown` is cleared.
        package var captchaAfterFailures: Int?
        package var captchaIsShown = false
        package var language: Language = .english
        /// Comments an issue can hold; more get a 413.
        package var commentLimit: Int?
        /// Longest rich text, in UTF-16 units; of an ADF document, of its serialized form.
        package var textLimit = 32_767
        /// Whether ADF documents are held to Atlassian's rules.
        package var checksADF = true
        package var rateLimit: RateLimit?
        /// Whether a bulk create tells of its issues in an order of its own: Atlassian promises none.
        package var bulkIsShuffled = false
        /// Data Center: the most issues of one answer, whatever was asked for.
        package var searchPageLimit = 1000
        /// The most entries of a changelog that an answer holds, the oldest; the others it only counts.
        package var changelogLimit: Int?

        package init() {}
    }
}

/// From one duration to another; a draw from it is uniform.
package struct DelayRange: Sendable, Hashable {
    package var shortest: Duration
    package var longest: Duration

    package init(_ shortest: Duration, _ longest: Duration? = nil) {
        self.shortest = shortest
        self.longest = max(shortest, longest ?? shortest)
    }

    package static let zero = DelayRange(.zero)

    /// Reads `2s`, `150ms`, `1m`, `2s..90s`.
    package init?(_ text: String) {
        let ends = text.split(separator: "..", omittingEmptySubsequences: true)
        guard let first = ends.first.flatMap({ Duration(simulatorText: $0) }), ends.count <= 2 else { return nil }
        guard ends.count == 2 else {
            self.init(first)
            return
        }
        guard let second = Duration(simulatorText: ends[1]), second >= first else { return nil }
        self.init(first, second)
    }

    package var text: String {
        shortest == longest ? "\(shortest.seconds)s" : "\(shortest.seconds)s..\(longest.seconds)s"
    }

    func draw(from random: inout SeededRandom) -> Duration {
        shortest == longest ? shortest : .seconds(random.fraction() * (longest - shortest).seconds + shortest.seconds)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }

    /// Reads `250ms`, `2s`, `1.5s`, `3m`, `1h`.
    package init?(simulatorText text: some StringProtocol) {
        let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)]
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let value = Double(text.dropLast(unit.suffix.count)), value >= 0, value.isFinite else { return nil }
            self = .seconds(value * unit.seconds)
            return
        }
        return nil
    }
}

/// SplitMix64: the same seed gives the same faults and lags on every machine.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// Uniform in 0..<1.
    mutating func fraction() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
