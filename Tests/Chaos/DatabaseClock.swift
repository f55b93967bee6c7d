import Foundation

/// The clock of the host on which PostgreSQL runs, which can be set while it runs.
struct DatabaseClock: Sendable {
    private let path: String
    private let libraries: String

    /// - Parameter libraries: those that fake the time, as the dynamic linker takes them.
    init(directory: String, libraries: String) throws {
        path = "\(directory)/database-clock"
        self.libraries = libraries
        try set(0)
    }

    /// What the server needs to see the clock: it reads the file each time.
    var environment: [String: String] {
        [
            "LD_PRELOAD": libraries, "FAKETIME_TIMESTAMP_FILE": path, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
    }

    /// - Parameter seconds: how wrong it is.
    func set(_ seconds: Int) throws {
        try Data("\(seconds >= 0 ? "+" : "")\(seconds)s\n".utf8).write(to: URL(filePath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    }
}
