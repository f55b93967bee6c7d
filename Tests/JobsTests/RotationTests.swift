import Testing

@testable import Jobs

@Suite("Whose turn it is")
struct RotationTests {
    private static let now = Duration.seconds(1000)

    private func lane(_ customer: String, _ priority: Int16 = 0) -> Rotation.Lane {
        Rotation.Lane(customerID: customer, priority: priority)
    }

    private func rotation(_ lanes: Rotation.Lane...) -> Rotation {
        lanes.reduce(into: Rotation()) { $0.found($1, at: Self.now) }
    }

    /// Gives every turn back as served in full, one second after the other.
    private func serve(_ rotation: inout Rotation, _ turns: [Rotation.Turn], at now: Duration = Self.now) {
        for turn in turns { rotation.served(turn, .init(claimed: 2, last: 7, asked: 2), at: now) }
    }

    @Test("Customers with much to do take turns")
    func turns() {
        var rotation = rotation(lane("a"), lane("b"), lane("c"))
        var seen: [String] = []
        for second in 1...3 {
            let turns = rotation.next(2, at: Self.now)
            seen += turns.map(\.lane.customerID)
            serve(&rotation, turns, at: Self.now + .seconds(second))
        }
        #expect(seen == ["a", "b", "c", "a", "b", "c"])
    }

    @Test("Who was not served for long comes before those with thousands, in the order of coming")
    func newcomers() {
        var rotation = rotation(lane("a"), lane("b"))
        serve(&rotation, rotation.next(2, at: Self.now))
        rotation.found(lane("x"), at: Self.now)
        rotation.found(lane("y"), at: Self.now)
        #expect(rotation.next(4, at: Self.now).map(\.lane.customerID) == ["x", "y", "a", "b"])
    }

    @Test("A customer's most urgent lane is served until it is empty")
    func priorities() throws {
        var rotation = rotation(lane("a", 0), lane("a", -5), lane("a", 9))
        var seen: [Int16] = []
        for _ in 0..<3 {
            let turn = try #require(rotation.next(1, at: Self.now).first)
            seen.append(turn.lane.priority)
            rotation.served(turn, .init(claimed: 1, last: 3, asked: 2), at: Self.now)
        }
        #expect(seen == [-5, 0, 9])
        #expect(!rotation.hasWork(at: Self.now))
        rotation.found(lane("a", 9), at: Self.now)
        rotation.found(lane("a", -5), at: Self.now)
        #expect(rotation.next(1, at: Self.now).first?.lane.priority == -5)
    }

    @Test("A customer at its cap rests until one of its jobs ends, or for a while, and holds up nobody")
    func caps() throws {
        var rotation = rotation(lane("a"), lane("b"))
        let turn = try #require(rotation.next(1, at: Self.now).first)
        rotation.served(turn, .init(claimed: 2, last: 9, asked: 2, isAtCap: true), at: Self.now)
        #expect(rotation.next(5, at: Self.now).map(\.lane.customerID) == ["b"])
        let next = try #require(rotation.nextTry)
        #expect(!rotation.hasWork(at: Self.now))
        #expect(rotation.hasWork(at: next))
        rotation.mayTryAgain("a")
        #expect(rotation.next(5, at: Self.now).map(\.lane.customerID) == ["a"])
    }

    @Test("A claim that failed changes nothing")
    func passedOver() {
        var rotation = rotation(lane("a"), lane("b"))
        for turn in rotation.next(2, at: Self.now) { rotation.passedOver(turn) }
        #expect(Set(rotation.next(2, at: Self.now).map(\.lane.customerID)) == ["a", "b"])
    }

    @Test("Reading goes on where it ended; after much, looking back now and then for what was committed late")
    func marks() {
        var now = Self.now
        var mark = LowWaterMark(at: now)
        mark.reach(101, rows: 100, at: now)
        #expect(mark.position(at: now) == 0)
        mark.reach(10_001, rows: 9_900, at: now)
        #expect(mark.position(at: now) == 10_001)
        now += LowWaterMark.lag
        #expect(mark.position(at: now) == 10_001)
        var positions: Set<Int64> = []
        for step in 1...40 {
            now += .milliseconds(100)
            mark.reach(10_001 + Int64(step) * 1000, rows: 1000, at: now)
            positions.insert(mark.position(at: now) / 1000)
        }
        // Once in each lag it looks back as far as it stood then.
        #expect(positions.contains { $0 <= 30 && $0 > 10 })
        #expect(positions.count > 30)
        mark.fallBack(to: 500)
        #expect(mark.position(at: now) == 500)
    }
}
