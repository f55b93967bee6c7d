import Jobs
import TestSupport
import Testing

@Suite("Group commit")
struct CoalescerTests {
    @Test("Calls made during a flush go together into the next, and each gets its own answer")
    func gathers() async throws {
        let gate = Gate()
        let batches = Notes<[Int]>()
        let coalescer = Coalescer<Int, Int>(maximum: 10) { batch in
            batches.add(batch)
            if batches.count == 1 { try await gate.pass() }
            return batch.map { $0 * 2 }
        }
        let answers = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            group.addTask { (0, try await coalescer.submit(0)) }
            try await eventually("the first flush is under way") { batches.count == 1 }
            for number in 1...25 { group.addTask { (number, try await coalescer.submit(number)) } }
            // A flush under way is not joined: whatever comes now waits.
            try await eventually("all wait") { coalescer.waitingCount == 25 }
            gate.open()
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(answers == Dictionary(uniqueKeysWithValues: (0...25).map { ($0, $0 * 2) }))
        #expect(batches.all.map(\.count) == [1, 10, 10, 5])
    }

    @Test("Lanes flush side by side, and what they leave gathers")
    func lanes() async throws {
        let gate = Gate()
        let batches = Notes<[Int]>()
        let coalescer = Coalescer<Int, Int>(maximum: 10, lanes: 2) { batch in
            batches.add(batch)
            if batches.count <= 2 { try await gate.pass() }
            return batch
        }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0...1 {
                group.addTask { try await coalescer.submit(number) }
                try await eventually("lane \(number) is under way") { batches.count == number + 1 }
            }
            for number in 2...6 { group.addTask { try await coalescer.submit(number) } }
            try await eventually("all wait") { coalescer.waitingCount == 5 }
            gate.open()
            try await group.waitForAll()
        }
        #expect(batches.all.map(\.count) == [1, 1, 5])
    }

    @Test("With spacing calls gather though no flush is under way")
    func spacing() async throws {
        let batches = Notes<[Int]>()
        let coalescer = Coalescer<Int, Int>(spacing: .milliseconds(400)) { batch in
            batches.add(batch)
            return batch
        }
        _ = try await coalescer.submit(0)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...9 { group.addTask { try await coalescer.submit(number) } }
            try await group.waitForAll()
        }
        #expect(batches.all.map(\.count) == [1, 9])
    }

    struct Broken: Error {}

    @Test("A flush that fails is its own callers' failure and nobody else's")
    func failureStaysInItsBatch() async throws {
        let coalescer = Coalescer<Int, Int>(maximum: 1) { batch in
            if batch == [13] { throw Broken() }
            return batch
        }
        await #expect(throws: Broken.self) { try await coalescer.submit(13) }
        #expect(try await coalescer.submit(14) == 14)
    }

    @Test("A flush that forgets an answer is an error, not a hang")
    func countsAnswers() async throws {
        let coalescer = Coalescer<Int, Int> { _ in [] }
        await #expect(throws: CoalescerError.self) { try await coalescer.submit(1) }
    }
}
