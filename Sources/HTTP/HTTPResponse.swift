/// A complete answer, whatever its status.
package struct HTTPResponse: Sendable {
    package var status: Int

    /// Those of the final answer. `Content-Encoding` and `Content-Length` tell of the wire, not of `body`.
    package var headers: HTTPHeaders

    /// Decompressed.
    package var body: [UInt8]

    /// From `send` to the last byte.
    package var duration: Duration

    package init(status: Int, headers: HTTPHeaders, body: [UInt8], duration: Duration) {
        self.status = status
        self.headers = headers
        self.body = body
        self.duration = duration
    }
}
