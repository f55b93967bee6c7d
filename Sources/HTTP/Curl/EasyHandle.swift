internal import CLibCurl

/// Owns a `CURL *` and what libcurl only borrows: the list of headers and the buffer for its error text. One handle, one
/// request.
@safe struct EasyHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer
    private let errorBuffer: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?

    /// libcurl refused an option: always a mistake of ours or an older library than the one built against.
    struct Failure: Error, CustomStringConvertible {
        let code: UInt32
        var description: String { "libcurl refused an option with code \(code)" }
    }

    init() throws(Failure) {
        guard let pointer = unsafe curl_easy_init() else { throw Failure(code: CURLE_FAILED_INIT.rawValue) }
        unsafe self.pointer = pointer
        unsafe errorBuffer = UnsafeMutablePointer.allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        // https://curl.se/libcurl/c/CURLOPT_ERRORBUFFER.html: kept until curl_easy_cleanup.
        _ = unsafe kushim_setopt_error_buffer(pointer, errorBuffer)
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_slist_free_all(headers)
        unsafe errorBuffer.deallocate()
    }

    var address: UInt {
        unsafe UInt(bitPattern: pointer)
    }

    func set(_ option: CURLoption, _ value: Int) throws(Failure) {
        try Self.check(unsafe kushim_setopt_long(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: String) throws(Failure) {
        try Self.check(unsafe kushim_setopt_string(pointer, option, value))
    }

    /// https://curl.se/libcurl/c/CURLOPT_CAINFO_BLOB.html
    func set(_ option: CURLoption, copying bytes: [UInt8]) throws(Failure) {
        try Self.check(
            unsafe bytes.withUnsafeBytes { unsafe kushim_setopt_blob(pointer, option, $0.baseAddress, $0.count) })
    }

    /// For pointers that libcurl hands back to a callback; whoever passes one keeps it alive as long as the handle.
    func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer) throws(Failure) {
        try Self.check(unsafe kushim_setopt_pointer(pointer, option, value))
    }

    /// https://curl.se/libcurl/c/CURLOPT_COPYPOSTFIELDS.html: the size must be known first, or libcurl looks for a NUL.
    func setBody(_ body: [UInt8]) throws(Failure) {
        try set(CURLOPT_POST, 1)
        try Self.check(unsafe kushim_setopt_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        let copied = unsafe body.withUnsafeBytes { bytes in
            // An empty array may have no address, which libcurl would take for "no body given: call the read callback".
            unsafe bytes.baseAddress.map { unsafe kushim_setopt_pointer(pointer, CURLOPT_COPYPOSTFIELDS, $0) }
                ?? kushim_setopt_string(pointer, CURLOPT_COPYPOSTFIELDS, "")
        }
        try Self.check(copied)
    }

    /// To be called once, before the handle is used.
    mutating func setHeaders(_ lines: [String]) throws(Failure) {
        for line in lines {
            guard let longer = unsafe curl_slist_append(headers, line) else {
                throw Failure(code: CURLE_OUT_OF_MEMORY.rawValue)
            }
            unsafe headers = longer
        }
        try Self.check(unsafe kushim_setopt_headers(pointer, headers))
    }

    func setCallback(_ option: CURLoption, _ callback: curl_write_callback) throws(Failure) {
        try Self.check(unsafe kushim_setopt_write(pointer, option, callback))
    }

    func setOpenSocket(_ callback: curl_opensocket_callback) throws(Failure) {
        try Self.check(unsafe kushim_setopt_opensocket(pointer, callback))
    }

    func setPrerequest(_ callback: curl_prereq_callback) throws(Failure) {
        try Self.check(unsafe kushim_setopt_prereq(pointer, callback))
    }

    func info(_ info: CURLINFO) -> Int {
        var value = 0
        _ = unsafe kushim_getinfo_long(pointer, info, &value)
        return value
    }

    /// Of the request's body, handed to the connection so far.
    var bytesUploaded: Int {
        var count = curl_off_t(0)
        _ = unsafe kushim_getinfo_offset(pointer, CURLINFO_SIZE_UPLOAD_T, &count)
        return Int(count)
    }

    /// What libcurl wrote about the failure; empty when it wrote nothing.
    var errorText: String {
        unsafe String(cString: errorBuffer)
    }

    static func explain(_ code: UInt32) -> String {
        guard let text = unsafe curl_easy_strerror(CURLcode(code)) else { return "libcurl code \(code)" }
        return unsafe String(cString: text)
    }

    private static func check(_ code: CURLcode) throws(Failure) {
        guard code == CURLE_OK else { throw Failure(code: code.rawValue) }
    }
}
