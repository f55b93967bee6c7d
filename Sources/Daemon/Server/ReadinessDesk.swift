/// Answers `/readyz` from one look at a time, and from no more than one a second, however many ask.
actor ReadinessDesk {
    private let freshness: Duration
    private let patience: Duration
    private let look: @Sendable () async -> Readiness
    private let silence: @Sendable (Duration) -> Readiness
    private var last: (answer: Readiness, at: ContinuousClock.Instant)?
    private var beganAt: ContinuousClock.Instant?
    private var waiters: [CheckedContinuation<Readiness, Never>] = []

    /// - Parameters:
    ///   - freshness: for how long an answer serves.
    ///   - patience: how long whoever asks waits for a look.
    ///   - look: goes to the database.
    ///   - silence: what to say when the look has taken so long.
    init(
        freshness: Duration = .seconds(1), patience: Duration = .seconds(3),
        look: @escaping @Sendable () async -> Readiness, silence: @escaping @Sendable (Duration) -> Readiness
    ) {
        self.freshness = freshness
        self.patience = patience
        self.look = look
        self.silence = silence
    }

    func answer() async -> Readiness {
        if let last, ContinuousClock.now - last.at < freshness { return last.answer }
        if let beganAt {
            let age = ContinuousClock.now - beganAt
            if age >= patience { return silence(age) }
        } else {
            begin()
        }
        return await withCheckedContinuation { waiters.append($0) }
    }

    /// The look belongs to all who wait for it, and to those who come later: none of them can cancel it.
    private func begin() {
        beganAt = ContinuousClock.now
        let timer = Task {
            try? await Task.sleep(for: patience)
            if !Task.isCancelled { serve(silence(patience)) }
        }
        Task {
            let answer = await look()
            timer.cancel()
            last = (answer, ContinuousClock.now)
            beganAt = nil
            serve(answer)
        }
    }

    private func serve(_ answer: Readiness) {
        for waiter in waiters { waiter.resume(returning: answer) }
        waiters = []
    }
}
