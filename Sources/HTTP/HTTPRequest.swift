/// What is sent: one exchange with one server, never followed elsewhere (a redirect is an answer like any other).
package struct HTTPRequest: Sendable {
    /// Jira is never sent anything else.
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    package var method: Method

    /// An absolute `https://` URL (or `http://`, see `allowsPlainHTTP`), percent-encoded, without user name or password.
    package var url: String

    package var headers: HTTPHeaders

    /// The whole value of the `Authorization` header, kept apart from the others so that nothing ever prints it.
    package var authorization: Secret?

    /// Sent with its length; for `.post` only. Without a `Content-Type` among the headers, none is sent.
    package var body: [UInt8]?

    /// From the moment of sending to the last byte of the answer, waiting for a free connection included.
    package var timeout: Duration

    /// The most bytes of body (after decompression) that are taken in before the answer is given up as too large.
    package var maximumResponseBytes: Int

    /// A request with an effect: it reaches the server at most once, whatever happens to the connection.
    /// Any other request may be sent again by libcurl when a reused connection turns out to be dead (see `RequestGate`).
    package var mustNotBeRepeated: Bool

    /// Lets an `http://` URL through: for loopback, or where the operator said so.
    package var allowsPlainHTTP: Bool

    package var addressPolicy: AddressPolicy

    /// The sender's leave to send, asked on libcurl's thread right before the first byte goes out, and again before any that
    /// follows later: once it says no, the request is not sent, or not to its end. It must not wait for anything.
    package var maySend: @Sendable () -> Bool

    /// - Parameter mustNotBeRepeated: nil means every POST; say `false` for a POST that only reads, such as a search.
    package init(
        method: Method = .get, url: String, headers: HTTPHeaders = [:], authorization: Secret? = nil,
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(30), maximumResponseBytes: Int = 8 << 20, mustNotBeRepeated: Bool? = nil,
        allowsPlainHTTP: Bool = false, addressPolicy: AddressPolicy = .any,
        maySend: @escaping @Sendable () -> Bool = { true }
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.authorization = authorization
        self.body = body
        self.timeout = timeout
        self.maximumResponseBytes = maximumResponseBytes
        self.mustNotBeRepeated = mustNotBeRepeated ?? (method == .post)
        self.allowsPlainHTTP = allowsPlainHTTP
        self.addressPolicy = addressPolicy
        self.maySend = maySend
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method and origin only: a path can be a secret (a Slack webhook is one), a query names customers' data.
    package var description: String { "\(method.rawValue) \(RequestURL.origin(of: url))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["request": description, "headers": headers]) }
}
