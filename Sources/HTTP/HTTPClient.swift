package import Logging

/// Sends requests through libcurl: one multi handle on one thread of its own, connections reused, HTTP/2 over TLS for
/// what has no body and where the server speaks it. No redirects, no cookies, no proxy but the one it is given; TLS is always verified.
///
/// A request that must not be repeated is sent at most once, see `RequestGate`.
package final class HTTPClient: Sendable {
    private let inbox = Inbox()
    private let logger: Logger

    /// - Parameters:
    ///   - connectTimeout: name resolution, TCP and TLS handshake together.
    ///   - maximumConnectionsPerHost: requests beyond it wait, and the wait counts towards their timeout.
    ///   - caFile: a PEM file of authorities to trust beside the system's.
    ///   - proxy: for all https requests, but for its exceptions.
    package init(
        userAgent: String, connectTimeout: Duration = .seconds(10), maximumConnectionsPerHost: Int = 8,
        caFile: String? = nil, proxy: HTTPProxy? = nil, logger: Logger
    ) {
        self.logger = logger
        let settings = TransferSettings(
            userAgent: userAgent, connectTimeout: connectTimeout,
            maximumConnectionsPerHost: maximumConnectionsPerHost, caFile: caFile,
            authorities: caFile.flatMap { TrustedAuthorities.withSystems($0) }, proxy: proxy)
        let hasStarted = DedicatedThread.start { [inbox] in
            if !TransferLoop.run(settings, inbox) {
                logger.critical("libcurl could not be set up: no HTTP request can be sent")
            }
            inbox.close()
            inbox.announceEnd()
        }
        if !hasStarted {
            logger.critical("no thread could be started for libcurl: no HTTP request can be sent")
            inbox.close()
            inbox.announceEnd()
        }
    }

    deinit {
        inbox.stop()
    }

    /// The answer, whatever its status. Cancelling the task gives the request up at once, with `.cancelled`.
    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let headerLines = try Self.checkedHeaderLines(of: request)
        let id = inbox.nextID()
        let began = ContinuousClock.now
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                inbox.submit(
                    Inbox.Submission(
                        id: id, request: request, headerLines: headerLines, began: began, continuation: continuation))
            }
        } onCancel: {
            inbox.cancel(id)
        }
        log(request, answer)
        return try answer.get()
    }

    /// Fails what is in flight with `.shutDown`, closes the connections and returns when the thread has ended.
    package func shutDown() async {
        inbox.stop()
        await inbox.waitForEnd()
    }

    private static func checkedHeaderLines(of request: HTTPRequest) throws(HTTPError) -> [String] {
        if let objection = RequestURL.objection(to: request.url, allowsPlainHTTP: request.allowsPlainHTTP) {
            throw HTTPError(kind: .invalidURL, about: request, objection, requestMayHaveReachedServer: false)
        }
        guard request.method == .post || request.body == nil else {
            throw HTTPError(
                kind: .invalidRequest, about: request, "a GET has no body", requestMayHaveReachedServer: false)
        }
        switch RequestHeaders.lines(of: request) {
        case .success(let lines):
            return lines
        case .failure(let objection):
            throw HTTPError(
                kind: .invalidRequest, about: request, objection.reason, requestMayHaveReachedServer: false)
        }
    }

    private func log(_ request: HTTPRequest, _ answer: Inbox.Answer) {
        switch answer {
        case .success(let response):
            logger.debug(
                "HTTP request answered",
                metadata: [
                    "http.request": "\(request)", "http.status": "\(response.status)",
                    "http.duration": "\(response.duration)",
                ])
        case .failure(let error):
            logger.debug(
                "HTTP request failed",
                metadata: [
                    "http.error": "\(error)", "http.may_have_arrived": "\(error.requestMayHaveReachedServer)",
                ])
        }
    }
}
