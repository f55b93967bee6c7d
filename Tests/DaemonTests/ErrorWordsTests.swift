import Foundation
import Postgres
import TestSupport
import Testing

/// What people read names things of their world, not types of ours.
@Suite struct ErrorWordsTests {
    @Test func everyErrorHasWordsOfItsOwn() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var declared: [String: String] = [:]
        var worded: Set<String> = []
        for folder in ["Sources", "Migrations"] {
            let files = try #require(
                FileManager.default.enumerator(at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
            )
            for case let file as URL in files
            where file.pathExtension == "swift" && !file.path.contains("JiraSimulator") {
                let text = try String(contentsOf: file, encoding: .utf8)
                for match in text.matches(of: /(?:struct|enum|class|actor|extension) ([\w.]+): ([^{]*)\{/) {
                    let name = String(match.1.split(separator: ".").last ?? "")
                    let kinds = match.2.split { ", \n".contains($0) }
                    if kinds.contains("Error") { declared[name] = file.lastPathComponent }
                    if kinds.contains("CustomStringConvertible") { worded.insert(name) }
                }
            }
        }
        #expect(declared.count >= 20)
        #expect(declared.filter { !worded.contains($0.key) } == [:])
    }

    @Test func whatPostgreSQLRefusesIsToldWithoutTheNameOfTheStatement() async throws {
        struct HistoryOfSecrets: Statement {
            static let sql = "SELECT 1 FROM nowhere"
        }
        try await TestDatabase.with(migrated: false) { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.execute(HistoryOfSecrets())
            }
            #expect(error?.description == "relation \"nowhere\" does not exist [42P01]")
            #expect(error?.statement == "HistoryOfSecrets")
        }
    }
}
