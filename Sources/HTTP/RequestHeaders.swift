/// The header lines of a request, in the notation of libcurl's `CURLOPT_HTTPHEADER`.
enum RequestHeaders {
    /// Lines for libcurl, or what is wrong with the request (the header is named, its value is not told).
    static func lines(of request: HTTPRequest) -> Result<[String], Objection> {
        var lines: [String] = []
        for (name, value) in request.headers.fields {
            guard isToken(name) else { return .failure(Objection(reason: "a header has a name that HTTP forbids")) }
            guard isFieldValue(value) else {
                return .failure(Objection(reason: "the value of header \(name) contains a control character"))
            }
            // "Name:" with nothing after it would tell libcurl to leave its own header out; "Name;" sends an empty value.
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        if let authorization = request.authorization {
            guard isFieldValue(authorization.reveal()), !authorization.isEmpty else {
                return .failure(
                    Objection(reason: "the credentials are empty or contain a control character, such as a line break"))
            }
            lines.append("Authorization: \(authorization.reveal())")
        }
        if request.method == .post {
            // libcurl would wait up to a second for a "100 Continue" before a larger body …
            lines.append("Expect:")
            if request.headers["Content-Type"] == nil {
                // … and call any other body a form.
                lines.append("Content-Type:")
            }
        }
        return .success(lines)
    }

    struct Objection: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default:
                    "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// RFC 9110, section 5.5: no line break can end the header and begin another.
    private static func isFieldValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }
    }
}
