import Glibc
import HTTPTypes
import Hummingbird
import NIOCore

extension SimulatedResponse {
    var hummingbird: Response {
        Response(
            status: .init(code: status), headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// Announces the whole body, sends half of it and closes the connection.
    func truncated(_ channel: any Channel) -> Response {
        let half = ByteBuffer(bytes: body.prefix(body.count / 2))
        let body = ResponseBody(contentLength: body.count) { writer in
            try await writer.write(half)
            try await channel.close()
        }
        return Response(status: .init(code: status), headers: fields, body: body)
    }

    private var fields: HTTPFields {
        var fields = HTTPFields()
        fields[.contentType] = contentType
        for header in headers {
            if let name = HTTPField.Name(header.name) { fields.append(HTTPField(name: name, value: header.value)) }
        }
        return fields
    }
}

extension Channel {
    /// Ends the connection with a TCP reset: with a linger time of zero the kernel sends RST instead of FIN.
    func reset() async {
        if let socket = self as? any SocketOptionProvider {
            try? await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await close()
    }
}
