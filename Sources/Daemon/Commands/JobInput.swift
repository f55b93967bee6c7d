import Compliance
import Jira

/// A payload as a command was given it: a file or standard input, whole or a line each.
struct JobInput {
    struct Payload: Sendable {
        var text: String
        /// For messages: `events.json`, or `events.ndjson:3`.
        var place: String
    }

    /// The most that one job may hold is 1 MiB in the database; many lines may make more.
    private static let wholeLimit = 8 << 20
    private static let linesLimit = 512 << 20

    /// - Parameters:
    ///   - path: of a file; `-` is standard input.
    ///   - byLine: one payload a line (NDJSON); blank lines are passed over.
    static func read(_ path: String, byLine: Bool) throws(CommandFailure) -> [Payload] {
        let name = path == "-" ? "standard input" : path
        if path == "-", ProcessFacts.inputIsTyped {
            StandardStream.error.write("kushim-jira: reading the payload from the keyboard; end it with Ctrl-D\n")
        }
        let bytes: [UInt8]
        do throws(FileContents.Unreadable) {
            bytes = try FileContents.read(path, limit: byLine ? linesLimit : wholeLimit).bytes
        } catch {
            throw CommandFailure(status: .badInput, what: name, message: error.reason)
        }
        guard byLine else { return [try payload(bytes[...], place: name, firstLine: nil)] }
        var payloads: [Payload] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
            payloads.append(try payload(line, place: name, firstLine: index + 1))
        }
        return payloads
    }

    private static func payload(
        _ bytes: ArraySlice<UInt8>, place: String, firstLine: Int?
    ) throws(CommandFailure) -> Payload {
        let named = firstLine.map { "\(place):\($0)" } ?? place
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: Array(bytes))
        } catch {
            let before = bytes.prefix(error.offset)
            let line = (firstLine ?? 1) + before.count { $0 == UInt8(ascii: "\n") }
            let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.startIndex
            let column = String(decoding: before[lineStart...], as: UTF8.self).count + 1
            throw CommandFailure(
                status: .badInput, what: "\(place):\(line):\(column)", message: "not valid JSON: \(error.problem)",
                hint: bytes.isEmpty ? "the input is empty; a payload is a JSON object" : nil)
        }
        // PostgreSQL would complain of a field of it, since it tests its constraints in the order of their names.
        guard value.objectValue != nil else {
            throw CommandFailure(status: .badInput, what: named, message: "payload: a JSON object is expected")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(status: .badInput, what: named, message: "not UTF-8 text")
        }
        return Payload(text: text, place: named)
    }
}
