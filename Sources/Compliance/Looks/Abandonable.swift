/// Stops waiting when the job is cancelled, as at shutdown: what is shared may take long, and the others of its batch go on without.
func abandonable<Answer: Sendable>(
    _ work: @escaping @Sendable () async throws -> Answer
) async throws -> Answer {
    let (answers, waiting) = AsyncThrowingStream.makeStream(of: Answer.self)
    // Not a child task: those are waited for, whatever becomes of their parent.
    Task {
        do {
            waiting.yield(try await work())
            waiting.finish()
        } catch {
            waiting.finish(throwing: error)
        }
    }
    for try await answer in answers { return answer }
    throw CancellationError()
}
