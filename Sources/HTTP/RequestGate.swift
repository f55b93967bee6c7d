/// The one place a request passes on its way to the wire, and the source of `HTTPError.requestMayHaveReachedServer`.
///
/// libcurl sends a request again by itself when a reused connection dies before the first byte of the answer, and when an
/// HTTP/2 server refuses the stream (`Curl_retry_request` in libcurl's lib/transfer.c, called from `MSTATE_DO` and
/// `MSTATE_PERFORMING` in lib/multi.c). `CURLOPT_FRESH_CONNECT` avoids the first case but not the second, at the price of a
/// handshake for each request. But every sending, the first and any other, begins in state `MSTATE_DO`, whose first act is
/// `CURLOPT_PREREQFUNCTION`: "called … after a connection has been established or a connection has been reused (including
/// any SSL handshaking), but before any request is actually made" (https://curl.se/libcurl/c/CURLOPT_PREREQFUNCTION.html).
/// That callback asks this gate. So
/// - a gate never opened proves that no byte of the request was handed to a connection, and
/// - a gate that opens once makes a second sending impossible, on fresh and on reused connections, in HTTP/1.1 and HTTP/2.
///
/// libcurl's own count of sent bytes (`CURLINFO_REQUEST_SIZE`) would not do: it starts again at 0 with the second try.
/// Nor would a body without a way to rewind it: `Curl_retry_request` asks for that only once part of the body was sent.
/// `RepetitionTests` and `TLSTests` show both the repeating and that the gate ends it.
struct RequestGate {
    let mustNotBeRepeated: Bool
    let addressPolicy: AddressPolicy
    let maySend: @Sendable () -> Bool

    /// How often the request was let through.
    private(set) var timesOpened = 0

    enum Refusal: Equatable {
        /// The connection was lost after the request was let through once, and the request has an effect.
        case wouldRepeat
        case address(String)
        /// The sender has no right to send any more.
        case leaveWithdrawn
    }

    private(set) var refusal: Refusal?

    init(
        mustNotBeRepeated: Bool, addressPolicy: AddressPolicy, maySend: @escaping @Sendable () -> Bool = { true }
    ) {
        self.mustNotBeRepeated = mustNotBeRepeated
        self.addressPolicy = addressPolicy
        self.maySend = maySend
    }

    /// Whether the request may now be sent to that peer. The address is looked at here too, because a reused connection
    /// was perhaps opened for a request that was allowed more.
    mutating func open(peer: NetworkAddress?, named peerName: String) -> Bool {
        guard addressPolicy.allows(peer) else {
            refusal = .address(peerName)
            return false
        }
        guard timesOpened == 0 || !mustNotBeRepeated else {
            refusal = .wouldRepeat
            return false
        }
        guard maySend() else {
            refusal = .leaveWithdrawn
            return false
        }
        timesOpened += 1
        return true
    }
}
