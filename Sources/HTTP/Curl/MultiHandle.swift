internal import CLibCurl

/// Owns a `CURLM *`: the transfers in flight and the connections kept for reuse. Used on one thread only, but for `waker`.
@safe struct MultiHandle: ~Copyable {
    private let pointer: UnsafeMutableRawPointer

    /// `nil` when memory is short or the library could not be set up.
    init?(maximumConnectionsPerHost: Int) {
        guard CurlLibrary.isReady, let pointer = unsafe curl_multi_init() else { return nil }
        unsafe self.pointer = pointer
        _ = unsafe kushim_multi_setopt_long(pointer, CURLMOPT_MAX_HOST_CONNECTIONS, maximumConnectionsPerHost)
    }

    deinit {
        unsafe curl_multi_cleanup(pointer)
    }

    var waker: Waker { unsafe Waker(pointer) }

    func add(_ handle: borrowing EasyHandle) -> Bool {
        unsafe curl_multi_add_handle(pointer, handle.pointer) == CURLM_OK
    }

    func remove(_ handle: borrowing EasyHandle) {
        _ = unsafe curl_multi_remove_handle(pointer, handle.pointer)
    }

    func perform() {
        var running: Int32 = 0
        _ = unsafe curl_multi_perform(pointer, &running)
    }

    /// Sleeps until a socket is ready, one of libcurl's timers fires, or somebody wakes it.
    func wait(milliseconds: Int32) {
        _ = unsafe curl_multi_poll(pointer, nil, 0, milliseconds, nil)
    }

    /// The next transfer that has ended, by the address of its handle.
    func nextFinished() -> (address: UInt, code: UInt32)? {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(pointer, &left) {
            if unsafe message.pointee.msg == CURLMSG_DONE, let handle = unsafe message.pointee.easy_handle {
                return unsafe (UInt(bitPattern: handle), kushim_message_result(message).rawValue)
            }
        }
        return nil
    }

    /// Wakes the thread that waits. The handle must still exist: `Inbox` forgets it before it is cleaned up.
    @safe struct Waker: @unchecked Sendable {
        // Proof: curl_multi_wakeup is the one call of the multi interface that any thread may make at any time
        // (https://curl.se/libcurl/c/curl_multi_wakeup.html), and this type makes no other.
        private let pointer: UnsafeMutableRawPointer

        fileprivate init(_ pointer: UnsafeMutableRawPointer) {
            unsafe self.pointer = pointer
        }

        func wake() {
            _ = unsafe curl_multi_wakeup(pointer)
        }
    }
}

enum CurlLibrary {
    /// Set up once in the life of the process (https://curl.se/libcurl/c/curl_global_init.html).
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
