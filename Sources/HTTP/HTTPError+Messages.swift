extension HTTPError {
    /// A message of method and origin, what went wrong, and the remedy.
    init(kind: Kind, about request: HTTPRequest, _ text: String, requestMayHaveReachedServer: Bool) {
        var message = "\(request): \(Self.scrubbed(text, of: request.authorization))"
        if let remedy = kind.remedy {
            message += ". \(remedy)"
        }
        self.init(kind: kind, message: message, requestMayHaveReachedServer: requestMayHaveReachedServer)
    }

    /// Of a request that was never handed to libcurl.
    static func unsent(_ kind: Kind, _ request: HTTPRequest) -> HTTPError {
        HTTPError(kind: kind, about: request, kind.ownText, requestMayHaveReachedServer: false)
    }

    /// libcurl's texts name hosts and codes; should one ever quote a header, the credentials still do not get out.
    private static func scrubbed(_ text: String, of secret: Secret?) -> String {
        guard let secret, !secret.isEmpty else { return text }
        let parts = secret.reveal().split(separator: " ").filter { $0.count >= 8 }
        return parts.reduce(text) { $0.split(separator: $1, omittingEmptySubsequences: false).joined(separator: "•••") }
    }
}

extension HTTPError.Kind {
    /// What to say about an end that we brought about ourselves.
    var ownText: String {
        switch self {
        case .leaveWithdrawn: "the sender lost its right to send before the request was sent"
        case .cancelled: "the request was cancelled"
        case .shutDown: "the HTTP client has been shut down"
        default: "the request failed"
        }
    }
}
