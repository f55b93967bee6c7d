/// What a `CURLcode` means for the caller.
///
/// The numbers are libcurl's and never change (https://curl.se/libcurl/c/libcurl-errors.html). They are written out, so
/// that a code that a newer libcurl invents falls to the careful side, and so that a test can walk through all of them.
struct TransferFailure: Equatable {
    let kind: HTTPError.Kind

    /// Whether libcurl may report this code before it has sent anything. It is half of a proof only (some codes come early
    /// and late: 1 is a forbidden scheme and an answer that is not HTTP); `RequestGate` is the other half.
    let mayPrecedeRequest: Bool

    init(curlCode: UInt32) {
        (kind, mayPrecedeRequest) =
            switch curlCode {
            case 1: (.invalidURL, true)  // UNSUPPORTED_PROTOCOL
            // FAILED_INIT, NOT_BUILT_IN, UNKNOWN_OPTION, SETOPT_OPTION_SYNTAX
            case 2, 4, 48, 49: (.other(Int32(curlCode)), true)
            case 3, 67: (.invalidURL, true)  // URL_MALFORMAT, LOGIN_DENIED (a user name in the URL)
            case 5, 6: (.cannotResolve, true)  // COULDNT_RESOLVE_PROXY, COULDNT_RESOLVE_HOST
            case 7, 45: (.cannotConnect, true)  // COULDNT_CONNECT, INTERFACE_FAILED
            case 28: (.timedOut, true)  // OPERATION_TIMEDOUT
            // The handshake: SSL_CONNECT_ERROR, SSL_ENGINE_NOTFOUND, SSL_ENGINE_SETFAILED, SSL_CERTPROBLEM, SSL_CIPHER,
            // PEER_FAILED_VERIFICATION, USE_SSL_FAILED, SSL_ENGINE_INITFAILED, SSL_CACERT_BADFILE, SSL_CRL_BADFILE,
            // SSL_ISSUER_ERROR, SSL_PINNEDPUBKEYNOTMATCH, SSL_INVALIDCERTSTATUS, SSL_CLIENTCERT
            case 35, 53, 54, 58, 59, 60, 64, 66, 77, 82, 83, 90, 91, 98: (.tls, true)
            case 42: (.refusedAddress, true)  // ABORTED_BY_CALLBACK: only the gate aborts
            case 18, 61: (.truncatedBody, false)  // PARTIAL_FILE, BAD_CONTENT_ENCODING
            case 63: (.responseTooLarge, false)  // FILESIZE_EXCEEDED
            // WEIRD_SERVER_REPLY, HTTP2, GOT_NOTHING, SEND_ERROR, RECV_ERROR, SEND_FAIL_REWIND, HTTP2_STREAM
            case 8, 16, 52, 55, 56, 65, 92: (.connectionLost, false)
            default: (.other(Int32(truncatingIfNeeded: curlCode)), false)
            }
    }
}

extension HTTPError.Kind {
    /// What the operator can do about it, as a sentence; nil where the message says it all.
    var remedy: String? {
        switch self {
        case .refusedAddress:
            "Only public Internet addresses are allowed for this connection; the operator can allow others."
        case .cannotResolve:
            "Check the host name and this machine's name service."
        case .cannotConnect:
            "Check that the server is up and that no firewall stands between."
        case .proxyRefused(401), .proxyRefused(407):
            "The proxy wants a user name and a password in HTTPS_PROXY or jira.proxy, or does not take those that it got."
        case .proxyRefused(429):
            "The proxy limits how many connections it gives; it is tried again."
        case .proxyRefused(500...):
            "The proxy is unavailable, or does not reach this host."
        case .proxyRefused:
            "Have the proxy let this host through, or name the host in NO_PROXY."
        case .tls:
            "Check the server's certificate; a private certificate authority must be configured as CA file."
        case .timedOut:
            "The server or the way to it is slow or blocked."
        case .invalidURL, .invalidRequest, .connectionLost, .truncatedBody, .responseTooLarge, .leaveWithdrawn,
            .cancelled,
            .shutDown,
            .other:
            nil
        }
    }
}
