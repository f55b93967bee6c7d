/// Where to begin to read an index whose entries are only ever added with higher numbers.
///
/// While some session holds an old snapshot, what was removed stays in the index, and every scan from its start walks over all of
/// it again. So reading begins where it last ended. A number is drawn before its transaction commits, so now and then reading
/// begins where it had ended `lag` ago: what was committed late is found by that. What is later still is found by the survey.
struct LowWaterMark: Sendable {
    static let lag: Duration = .seconds(2)
    /// So few rows are read once more without a thought.
    static let fewRows = 500

    /// Below it nothing was left at the last look.
    private var reached: Int64
    /// The same as it stood at least `lag` ago.
    private var settled: Int64
    private var next: (mark: Int64, at: Duration)
    private var changedAt: Duration
    private var lookedBackAt: Duration
    /// Rows between `settled` and `next`, and from there to `reached`.
    private var passed = (0, 0)

    init(_ start: Int64 = 0, at now: Duration) {
        reached = start
        settled = start
        next = (start, now)
        changedAt = now
        lookedBackAt = now
    }

    /// Nothing was ever found.
    var isAtStart: Bool { reached == 0 }

    /// The lowest number to read.
    mutating func position(at now: Duration) -> Int64 {
        age(at: now)
        if passed.0 + passed.1 > Self.fewRows, now - lookedBackAt < Self.lag { return reached }
        lookedBackAt = now
        return settled
    }

    /// All that could be seen below `mark` is gone, `rows` of it since the last time.
    mutating func reach(_ mark: Int64, rows: Int, at now: Duration) {
        guard mark > reached else { return }
        age(at: now)
        reached = mark
        changedAt = now
        passed.1 += rows
    }

    /// Something was found below.
    mutating func fallBack(to mark: Int64) {
        reached = min(reached, mark)
        settled = min(settled, mark)
        next.mark = min(next.mark, mark)
    }

    private mutating func age(at now: Duration) {
        if now - changedAt >= Self.lag {
            settled = reached
            next = (reached, now)
            passed = (0, 0)
        } else if now - next.at >= Self.lag {
            settled = next.mark
            next = (reached, now)
            passed = (passed.1, 0)
        }
    }
}
