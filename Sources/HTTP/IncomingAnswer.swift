/// Gathers an answer as it comes in, and says when it is too large.
struct IncomingAnswer {
    /// The headers of the final answer; those of `1xx` answers before it are dropped when the next status line comes.
    private(set) var headers = HTTPHeaders()
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false

    private let maximumBodyBytes: Int
    private var headerBytes = 0
    private var headersAreComplete = false

    /// All header lines together, those of `1xx` answers and trailers included: a server cannot fill the memory with them.
    static let maximumHeaderBytes = 256 << 10

    init(maximumBodyBytes: Int) {
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// Takes one header line as libcurl hands it over, status lines and the empty line at the end included. False: give up.
    mutating func receive(headerLine line: some Collection<UInt8>) -> Bool {
        headerBytes += line.count
        guard headerBytes <= Self.maximumHeaderBytes else {
            isTooLarge = true
            return false
        }
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            headers = HTTPHeaders()
            headersAreComplete = false
        } else if !headersAreComplete {
            let content = text.prefix { !$0.isNewline }
            if content.isEmpty {
                headersAreComplete = true  // what follows the body are trailers: nobody asked for them
            } else if let colon = content.firstIndex(of: ":") {
                headers.append(String(content[..<colon]), Self.trimmed(content[colon...].dropFirst()))
            }
        }
        return true
    }

    /// Takes a piece of the decompressed body. False: give up.
    mutating func receive(body bytes: some Collection<UInt8>) -> Bool {
        guard body.count + bytes.count <= maximumBodyBytes else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
