/// One run of one job: from the handler to its verdict.
struct JobExecution: Sendable {
    let job: ClaimedJob
    let handler: any JobHandler
    let context: JobContext
    let timeLimit: Duration
    let interruptions: AsyncStream<Interruption>

    private enum Ended: Sendable {
        case returned(Outcome)
        case threw(any Error)
        case interrupted(Interruption)
        case cancelled
    }

    func perform() async -> Outcome {
        await withTaskGroup(of: Ended.self) { group in
            group.addTask {
                do {
                    return .returned(try await handler.perform(job, context))
                } catch {
                    return .threw(error)
                }
            }
            group.addTask {
                for await interruption in interruptions { return .interrupted(interruption) }
                return .cancelled
            }
            var why: Interruption?
            while let ended = await group.next() {
                switch ended {
                case .returned(let outcome):
                    group.cancelAll()
                    return outcome
                case .threw(let error):
                    group.cancelAll()
                    return judge(error, why ?? (Task.isCancelled ? .shutdown : nil))
                case .interrupted(let interruption):
                    why = interruption
                    group.cancelAll()
                case .cancelled:
                    why = .shutdown
                }
            }
            return .released
        }
    }

    /// What a handler throws after the engine interrupted it is the interruption's doing, whatever it looks like.
    private func judge(_ error: any Error, _ interruption: Interruption?) -> Outcome {
        switch interruption {
        case .shutdown, .leaseLost:
            return .released
        case .timeLimit:
            return .retry(reason: "it ran longer than its time limit of \(timeLimit)")
        case nil:
            if error is LeaseLost { return .released }
            return .retry(reason: String(describing: error))
        }
    }
}
