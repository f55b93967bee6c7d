internal import CLibCurl

/// What all requests of a client have in common.
struct TransferSettings: Sendable {
    let userAgent: String
    let connectTimeout: Duration
    let maximumConnectionsPerHost: Int
    let caFile: String?
    /// The certificates of `caFile` and the system's, PEM; nil where one of them cannot be read.
    let authorities: [UInt8]?
    let proxy: HTTPProxy?

    /// How long a connection may have lain idle and still carry a request that must not be repeated. Servers close idle
    /// connections, commonly after 5 s or more (Apache and Node 5 s, Tomcat 20 s, load balancers 60 s); a request that
    /// crosses such a close on its way is lost with an unknown outcome, which costs far more than a handshake.
    /// libcurl counts whole seconds and reuses up to the end of this one.
    static let idleLimitForEffects = 2

    /// For all others, which are simply sent again.
    static let idleLimit = 60

    /// A busy connection is replaced now and then, so that a host that moves to another address is found there.
    static let maximumConnectionAge = 600

    /// The proxy that a request may go through: its credentials must pass it inside TLS.
    func proxy(for request: HTTPRequest) -> HTTPProxy? {
        request.url.prefix(8).lowercased() == "https://" ? proxy : nil
    }
}

extension EasyHandle {
    /// Every option is checked: one that did not take (the protocols, the gate) must not go unnoticed.
    mutating func configure(
        for request: HTTPRequest, headerLines: [String], _ settings: TransferSettings
    ) throws(Failure) {
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PROTOCOLS_STR, request.allowsPlainHTTP ? "http,https" : "https")
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try configure(proxy: settings.proxy(for: request), request.addressPolicy)
        try set(CURLOPT_USERAGENT, settings.userAgent)
        try set(CURLOPT_ACCEPT_ENCODING, "")  // all that libcurl can decompress
        try setHeaders(headerLines)
        switch request.method {
        case .get:
            try set(CURLOPT_HTTPGET, 1)
            try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        case .post:
            try setBody(request.body ?? [])
            // libcurl 7.88 (Debian 12) stalls until the timeout when an HTTP/2 answer ends before the request's body is
            // sent, as early refusals (401, 429) do: on loopback half of them were lost so, with an unknown outcome.
            try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        }

        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let authorities = settings.authorities {
            try set(CURLOPT_CAINFO_BLOB, copying: authorities)
            try set(CURLOPT_PROXY_CAINFO_BLOB, copying: authorities)
        } else if let caFile = settings.caFile {
            try set(CURLOPT_CAINFO, caFile)
        }

        try set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout.milliseconds)
        try set(CURLOPT_NOSIGNAL, 1)  // no SIGALRM in a program with threads
        // A cancelled or timed-out name resolution would make the thread, and all other requests, wait for its end.
        try set(CURLOPT_QUICK_EXIT, 1)

        try set(
            CURLOPT_MAXAGE_CONN,
            request.mustNotBeRepeated ? TransferSettings.idleLimitForEffects : TransferSettings.idleLimit)
        try set(CURLOPT_MAXLIFETIME_CONN, TransferSettings.maximumConnectionAge)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_PIPEWAIT, 0)  // rather a second connection than a wait to see whether the first one multiplexes
    }
}

extension EasyHandle {
    /// Without one, not even the environment's is used.
    private func configure(proxy: HTTPProxy?, _ policy: AddressPolicy) throws(Failure) {
        guard let proxy else { return try set(CURLOPT_PROXY, "") }
        try set(CURLOPT_PROXY, proxy.url)
        // Where addresses are judged, the exceptions do not count: a customer's host name would get by the proxy into this network.
        try set(CURLOPT_NOPROXY, policy == .any ? proxy.exceptions : "")
        try set(CURLOPT_HTTPPROXYTUNNEL, 1)
        try set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)  // they are no part of the answer
        if let user = proxy.user, let password = proxy.password {
            try set(CURLOPT_PROXYAUTH, 1)  // CURLAUTH_BASIC, a macro that Swift does not see
            try set(CURLOPT_PROXYUSERNAME, user.reveal())
            try set(CURLOPT_PROXYPASSWORD, password.reveal())
        }
    }
}

extension Duration {
    /// At least 1: libcurl takes 0 for "no limit".
    fileprivate var milliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int32.max / 1000) else { return Int(Int32.max) }
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
