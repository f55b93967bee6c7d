internal import CLibCurl
internal import Glibc

// Callbacks run inside curl_multi_perform, on the loop's thread. They neither throw nor wait.

extension EasyHandle {
    /// - Parameter context: an unretained `Transfer` that outlives the handle's time in the multi handle.
    func setCallbacks(context: UnsafeMutableRawPointer) throws(Failure) {
        try unsafe setCallback(CURLOPT_WRITEFUNCTION, receiveBody)
        try unsafe set(CURLOPT_WRITEDATA, pointer: context)
        try unsafe setCallback(CURLOPT_HEADERFUNCTION, receiveHeader)
        try unsafe set(CURLOPT_HEADERDATA, pointer: context)
        try unsafe setOpenSocket(openSocket)
        try unsafe set(CURLOPT_OPENSOCKETDATA, pointer: context)
        try unsafe setPrerequest(openGate)
        try unsafe set(CURLOPT_PREREQDATA, pointer: context)
    }
}

private func transfer(_ context: UnsafeMutableRawPointer) -> Transfer {
    unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

/// https://curl.se/libcurl/c/CURLOPT_WRITEFUNCTION.html: returning another number than was given ends the transfer.
private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let length = size * count
    let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: length)
    return unsafe transfer(context).answer.receive(body: piece) ? length : refusal(of: length)
}

/// https://curl.se/libcurl/c/CURLOPT_HEADERFUNCTION.html: one complete line at a time.
private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let length = size * count
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: length)
    return unsafe transfer(context).answer.receive(headerLine: line) ? length : refusal(of: length)
}

private func refusal(of length: Int) -> Int {
    length == 0 ? 1 : 0
}

/// https://curl.se/libcurl/c/CURLOPT_OPENSOCKETFUNCTION.html: the address is the one that will be connected to, after all
/// name resolution; without a socket libcurl tries the host's next address.
private func openSocket(
    _ context: UnsafeMutableRawPointer?, _: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context = unsafe context, let address = unsafe address else { return CURL_SOCKET_BAD }
    let transfer = unsafe transfer(context)
    let peer = unsafe NetworkAddress(address)
    guard transfer.gate.addressPolicy.allows(peer) else {
        transfer.refusedAddress = peer.map(\.description) ?? "an address of an unknown family"
        return CURL_SOCKET_BAD
    }
    let family = unsafe address.pointee.family
    let type = unsafe address.pointee.socktype
    let descriptor = unsafe socket(family, type | Int32(SOCK_CLOEXEC.rawValue), address.pointee.`protocol`)
    if descriptor >= 0 {
        transfer.socketsOpened += 1
        limitLife(of: descriptor, to: transfer.timeout)
    }
    return descriptor
}

/// What was written to a socket lives on in the kernel: it is sent again and again to a network that does not answer, even
/// after the socket was closed or the process killed. `TCP_USER_TIMEOUT` ends that (RFC 5482, tcp(7)), and with a linger time
/// of 0 `close` discards what has not left yet (socket(7)): so a request cannot arrive long after it was given up.
private func limitLife(of descriptor: Int32, to limit: Duration) {
    var milliseconds = UInt32(clamping: Int64(limit / .milliseconds(1)))
    var discarding = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<UInt32>.size)
    _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, size)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &discarding, socklen_t(MemoryLayout<linger>.size))
}

/// https://curl.se/libcurl/c/CURLOPT_PREREQFUNCTION.html
private func openGate(
    _ context: UnsafeMutableRawPointer?, _ peer: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?,
    _: Int32,
    _: Int32
) -> Int32 {
    guard let context = unsafe context, let peer = unsafe peer else { return Int32(CURL_PREREQFUNC_ABORT) }
    let name = unsafe String(cString: peer)
    let isOpen = unsafe transfer(context).gate.open(peer: NetworkAddress(name), named: name)
    return Int32(isOpen ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT)
}

extension NetworkAddress {
    /// `curl_sockaddr` ends in a `struct sockaddr` that is larger than its type says; nil for neither IPv4 nor IPv6.
    fileprivate init?(_ address: UnsafeMutablePointer<curl_sockaddr>) {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        let start = unsafe UnsafeRawPointer(address) + offset
        switch unsafe (address.pointee.family, Int(address.pointee.addrlen)) {
        case (AF_INET, MemoryLayout<sockaddr_in>.size...):
            self = unsafe .v4(UInt32(bigEndian: start.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case (AF_INET6, MemoryLayout<sockaddr_in6>.size...):
            self = unsafe NetworkAddress(start.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
        default:
            return nil
        }
    }

    private init(_ address: in6_addr) {
        let halves = unsafe unsafeBitCast(address, to: (UInt64, UInt64).self)
        self = .v6(UInt64(bigEndian: halves.0), UInt64(bigEndian: halves.1))
    }

    /// Reads `192.0.2.1` and `2001:db8::1`; nil for anything else, a scope (`fe80::1%eth0`) included.
    init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if unsafe inet_pton(AF_INET, text, &v4) == 1 {
            self = .v4(UInt32(bigEndian: v4.s_addr))
        } else if unsafe inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(v6)
        } else {
            return nil
        }
    }
}
