internal import CLibCurl

/// One request in flight. It lives on the thread that runs libcurl, whose callbacks reach it by its address: `TransferLoop`
/// keeps it from before the handle is added to the multi handle until after it is removed.
final class Transfer {
    let id: UInt64
    let continuation: CheckedContinuation<Inbox.Answer, Never>
    var gate: RequestGate
    var answer: IncomingAnswer
    /// The last address that `addressPolicy` refused while a connection was being made.
    var refusedAddress: String?
    var socketsOpened = 0

    private let request: HTTPRequest
    private let mayUseProxy: Bool
    private let began: ContinuousClock.Instant
    /// Kept here and not by libcurl, whose `CURLOPT_TIMEOUT_MS` forgets requests that wait for a free connection.
    let deadline: ContinuousClock.Instant
    private(set) var handle: EasyHandle

    init(_ submission: Inbox.Submission, _ settings: TransferSettings) throws(EasyHandle.Failure) {
        id = submission.id
        continuation = submission.continuation
        request = submission.request
        began = submission.began
        deadline = began + request.timeout
        mayUseProxy = settings.proxy(for: request) != nil
        // Whom a proxy connects to is for the proxy to judge: the address that is seen here is its own.
        gate = RequestGate(
            mustNotBeRepeated: request.mustNotBeRepeated, addressPolicy: mayUseProxy ? .any : request.addressPolicy,
            maySend: request.maySend)
        answer = IncomingAnswer(maximumBodyBytes: request.maximumResponseBytes)
        handle = try EasyHandle()
        try handle.configure(for: request, headerLines: submission.headerLines, settings)
        try unsafe handle.setCallbacks(context: Unmanaged.passUnretained(self).toOpaque())
    }

    var timeout: Duration { request.timeout }

    /// The address under which libcurl reports the end of this transfer.
    var address: UInt {
        handle.address
    }

    /// Why the rest of a request that is half sent must not follow: a process that was suspended in the middle of one finds
    /// itself here. Nil where nothing is left to send.
    func objection(at now: ContinuousClock.Instant) -> HTTPError.Kind? {
        guard gate.timesOpened > 0, let body = request.body, handle.bytesUploaded < body.count else { return nil }
        if deadline <= now { return .timedOut }
        return request.maySend() ? nil : .leaveWithdrawn
    }

    /// Whether any byte may have left. libcurl's own count is asked too: two witnesses are better than one; but it counts what was
    /// said to a proxy to get a tunnel.
    private var mayHaveBeenSent: Bool {
        gate.timesOpened > 0 || !mayUseProxy && handle.info(CURLINFO_REQUEST_SIZE) > 0
    }

    /// There is no tunnel, and so nobody to send the request to.
    private var proxyRefused: Bool { mayUseProxy && gate.timesOpened == 0 && gate.refusal == nil }

    func outcome(curlCode: UInt32) -> Inbox.Answer {
        guard curlCode != CURLE_OK.rawValue else {
            return .success(
                HTTPResponse(
                    status: handle.info(CURLINFO_RESPONSE_CODE), headers: answer.headers, body: answer.body,
                    duration: .now - began))
        }
        let failure = TransferFailure(curlCode: curlCode)
        let (kind, text) = explain(failure.kind, curlCode)
        return .failure(
            HTTPError(
                kind: kind, about: request, text,
                requestMayHaveReachedServer: mayHaveBeenSent || !failure.mayPrecedeRequest && !mayUseProxy))
    }

    /// Ended by us.
    func outcome(endedAs kind: HTTPError.Kind) -> Inbox.Answer {
        let text =
            switch kind {
            case .timedOut where mayHaveBeenSent: "no complete answer within \(request.timeout)"
            case .timedOut: "the request could not be sent within \(request.timeout)"
            default: kind.ownText
            }
        return .failure(
            HTTPError(kind: kind, about: request, text, requestMayHaveReachedServer: mayHaveBeenSent))
    }

    /// What libcurl's code means in the light of what this transfer knows.
    private func explain(_ kind: HTTPError.Kind, _ curlCode: UInt32) -> (HTTPError.Kind, String) {
        if answer.isTooLarge {
            return (
                .responseTooLarge,
                "the answer is larger than the \(request.maximumResponseBytes) bytes allowed, and was given up"
            )
        }
        switch gate.refusal {
        case .wouldRepeat:
            return (
                .connectionLost,
                "the connection was lost before the answer; the request has an effect and was not sent a second time"
            )
        case .address(let address):
            return (.refusedAddress, "\(address) is not a public address")
        case .leaveWithdrawn:
            return (.leaveWithdrawn, HTTPError.Kind.leaveWithdrawn.ownText)
        case nil:
            break
        }
        if kind == .cannotConnect, let refusedAddress, socketsOpened == 0 {
            return (.refusedAddress, "\(refusedAddress) is not a public address")
        }
        let text = handle.errorText.isEmpty ? EasyHandle.explain(curlCode) : handle.errorText
        if proxyRefused {
            let status = handle.info(CURLINFO_HTTP_CONNECTCODE)
            if status != 0, !(200..<300).contains(status) { return (.proxyRefused(status: status), text) }
            if kind == .connectionLost { return (.cannotConnect, "the proxy gave no tunnel: \(text)") }
        }
        // A failure to connect after the request was sent once is libcurl's second try: what failed is the first.
        return mayHaveBeenSent && kind.precedesConnection ? (.connectionLost, text) : (kind, text)
    }
}

extension HTTPError.Kind {
    fileprivate var precedesConnection: Bool {
        switch self {
        case .invalidURL, .cannotResolve, .cannotConnect, .tls: true
        default: false
        }
    }
}
