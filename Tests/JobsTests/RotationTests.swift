import Postgres
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
        rotation.mayTryAgain(ExactText("a"))
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

    @Test("Customers whose names look alike and differ in their bytes are two")
    func lookAlikes() {
        let names = ["caf\u{E9}", "cafe\u{301}"]
        var rotation = rotation(lane(names[0]), lane(names[1]))
        let turns = rotation.next(9, at: Self.now)
        #expect(turns.map { Array($0.lane.customerID.utf8) } == names.map { Array($0.utf8) })
        serve(&rotation, turns)
        #expect(Set(turns.map(\.lane)).count == 2)
    }

    @Test("Of a lane in which there never was a job nothing is kept, of one with a past its place")
    func inventedLanes() throws {
        var rotation = Rotation()
        for number in 0..<10_000 { rotation.found(lane("invented \(number / 3)", Int16(number % 3)), at: Self.now) }
        rotation.found(lane("real"), at: Self.now)
        for _ in 0..<4 {
            for turn in rotation.next(10_000, at: Self.now) {
                let isReal = turn.lane.customerID == "real" && turn.mark == 0
                rotation.served(turn, .init(claimed: isReal ? 1 : 0, last: isReal ? 7 : 0, asked: 2), at: Self.now + .seconds(9))
            }
        }
        #expect(!rotation.hasWork(at: Self.now))
        #expect(rotation.count == 1)
        rotation.found(lane("real"), at: Self.now + .seconds(60))
        #expect(rotation.next(9, at: Self.now + .seconds(60)).map(\.mark) == [8])
    }
}

@Suite("What notifications tell")
struct TipsTests {
    @Test("The lane of an inserted job, whatever its customer's name begins with; nothing else is heard")
    func lanes() {
        let tips = Tips()
        let customers = ["acme", "a b ", " x", "\u{301}x", ""]
        for customer in customers { tips.add(notification: "-5 \(customer)") }
        for nonsense in ["", "due", "acme", "x acme", "40000 acme", "  "] { tips.add(notification: nonsense) }
        let lanes = tips.take().lanes ?? []
        #expect(lanes.map { Array($0.customerID.utf8) } == customers.map { Array($0.utf8) })
        #expect(lanes.allSatisfy { $0.priority == -5 })
    }

    @Test("More lanes than anybody needs are none: the claiming looks for itself")
    func flood() {
        let tips = Tips()
        for number in 0..<100_000 { tips.add(notification: "0 invented \(number)") }
        #expect(tips.take().lanes == nil)
        tips.add(notification: "0 acme")
        #expect(tips.take().lanes == [Rotation.Lane(customerID: "acme", priority: 0)])
    }
}
