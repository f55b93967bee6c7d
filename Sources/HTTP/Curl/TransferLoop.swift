/// Runs libcurl: takes requests from the inbox, turns the multi handle, answers. All of it happens on one thread.
struct TransferLoop: ~Copyable {
    private let settings: TransferSettings
    private let inbox: Inbox
    private let multi: MultiHandle
    private var transfers: [UInt: Transfer] = [:]

    private init?(_ settings: TransferSettings, _ inbox: Inbox) {
        guard let multi = MultiHandle(maximumConnectionsPerHost: settings.maximumConnectionsPerHost) else { return nil }
        self.settings = settings
        self.inbox = inbox
        self.multi = multi
    }

    /// Occupies the calling thread until the inbox is stopped. False when libcurl could not be set up.
    static func run(_ settings: TransferSettings, _ inbox: Inbox) -> Bool {
        guard var loop = TransferLoop(settings, inbox) else { return false }
        inbox.open(loop.multi.waker)
        loop.turn()
        inbox.close()
        loop.endAll()
        return true
    }

    private mutating func turn() {
        while true {
            let delivery = inbox.take()
            for submission in delivery.submissions {
                start(submission)
            }
            for id in delivery.cancellations {
                end(as: .cancelled) { $0.id == id }
            }
            if delivery.isStopping { return }
            endHalfSent()
            multi.perform()
            while let (address, code) = multi.nextFinished() {
                if let transfer = transfers.removeValue(forKey: address) {
                    multi.remove(transfer.handle)
                    transfer.continuation.resume(returning: transfer.outcome(curlCode: code))
                }
            }
            let now = ContinuousClock.now
            end(as: .timedOut) { $0.deadline <= now }
            multi.wait(milliseconds: sleep(from: now))
        }
    }

    private mutating func start(_ submission: Inbox.Submission) {
        do throws(EasyHandle.Failure) {
            let transfer = try Transfer(submission, settings)
            guard multi.add(transfer.handle) else { throw EasyHandle.Failure(code: 27) }
            transfers[transfer.address] = transfer
        } catch {
            let text = "libcurl refused the request before it was begun: \(EasyHandle.explain(error.code))"
            submission.continuation.resume(
                returning: .failure(
                    HTTPError(
                        kind: .other(Int32(error.code)), about: submission.request, text,
                        requestMayHaveReachedServer: false)))
        }
    }

    private mutating func endAll() {
        end(as: .shutDown) { _ in true }
    }

    /// Before libcurl writes on: what is half sent and must not be sent to its end.
    private mutating func endHalfSent() {
        let now = ContinuousClock.now
        end(as: .timedOut) { $0.objection(at: now) == .timedOut }
        end(as: .leaveWithdrawn) { $0.objection(at: now) == .leaveWithdrawn }
    }

    private mutating func end(as kind: HTTPError.Kind, where isMeant: (Transfer) -> Bool) {
        for (address, transfer) in transfers where isMeant(transfer) {
            let outcome = transfer.outcome(endedAs: kind)
            multi.remove(transfer.handle)
            transfers[address] = nil
            transfer.continuation.resume(returning: outcome)
        }
    }

    /// Until the next deadline. Whoever has other news wakes the thread: the minute is only a bound.
    private func sleep(from now: ContinuousClock.Instant) -> Int32 {
        let nearest = transfers.values.lazy.map(\.deadline).min().map { now.duration(to: $0) } ?? .seconds(60)
        return Int32(min(nearest, .seconds(60)) / .milliseconds(1)) + 1
    }
}
