/// Why there is no answer.
package struct HTTPError: Error, Sendable {
    package enum Kind: Sendable, Hashable {
        /// Not an absolute URL of an allowed scheme.
        case invalidURL
        /// A header or body that cannot be sent as given.
        case invalidRequest
        /// The host's address is one `AddressPolicy` forbids.
        case refusedAddress
        case cannotResolve
        case cannotConnect
        /// The proxy gives no way to the server, and says so with that status.
        case proxyRefused(status: Int)
        /// The TLS handshake failed, or the certificate is not trusted.
        case tls
        case timedOut
        /// The connection broke, or what came back was not HTTP.
        case connectionLost
        /// The answer began and broke off.
        case truncatedBody
        case responseTooLarge
        /// `HTTPRequest.maySend` said no before the whole request was sent.
        case leaveWithdrawn
        /// The task that waited for the answer was cancelled.
        case cancelled
        /// The client was shut down.
        case shutDown
        /// A libcurl code (`CURLcode`) without a meaning here.
        case other(Int32)
    }

    package var kind: Kind

    /// One line: method and origin, what went wrong, what to do about it. Never a secret.
    package var message: String

    /// Whether the server may have seen the request, and so may have acted on it.
    ///
    /// `false` is a proof that not one byte of the request was handed to a connection: it can be sent again without
    /// looking first. `true` means "perhaps": a request with an effect must not be sent again before the server has been asked.
    package var requestMayHaveReachedServer: Bool

    package init(kind: Kind, message: String, requestMayHaveReachedServer: Bool) {
        self.kind = kind
        self.message = message
        self.requestMayHaveReachedServer = requestMayHaveReachedServer
    }
}

extension HTTPError: CustomStringConvertible {
    package var description: String { message }
}
