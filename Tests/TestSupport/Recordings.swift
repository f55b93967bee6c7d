import Foundation
package import Testing

/// An answer that a real Jira gave, as a public repository keeps it.
package struct Recording: Sendable, CustomTestStringConvertible {
    package var name: String
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: String

    package var testDescription: String { name }

    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Some recorders kept the content type alone.
    package var keptItsHeaders: Bool { headers.count > 2 }
}

/// The recorded answers, if they are at hand: in `JIRA_RECORDINGS_DIR`, by default `../shared/recordings/answers` beside the
/// package. They are others' and not part of the project.
package enum Recordings {
    package static let all: [Recording] = load()
    package static var areAtHand: Bool { !all.isEmpty }
    package static let areAbsent: Comment =
        "the recorded answers of real Jira servers are not at hand: set JIRA_RECORDINGS_DIR to the folder that has them"

    package static func named(_ name: String) -> Recording? { byName[name] }

    private static let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    private struct File: Decodable {
        var status: Int
        var headers: [[String]]
        var body: String
    }

    private static func load() -> [Recording] {
        let given = ProcessInfo.processInfo.environment["JIRA_RECORDINGS_DIR"].map { URL(fileURLWithPath: $0) }
        let package = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL
        let directory = given ?? package.appending(path: "../shared/recordings/answers")
        let files = (try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }.compactMap { url in
            guard let data = try? Data(contentsOf: url), let file = try? JSONDecoder().decode(File.self, from: data)
            else { return nil }
            let headers = file.headers.filter { $0.count == 2 }.map { (name: $0[0], value: $0[1]) }
            return Recording(
                name: url.deletingPathExtension().lastPathComponent, status: file.status, headers: headers,
                body: file.body)
        }
    }
}
