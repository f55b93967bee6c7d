import Crypto

/// One numbered step of the schema, as it stands in `sql/` and in the binary.
package struct Migration: Sendable, Hashable {
    package let version: Int
    package let name: String
    package let sql: String
    /// SHA-256 of the file in hex: what has been applied must never change.
    package let checksum: String

    package var fileName: String {
        let digits = String(version)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_\(name).sql"
    }

    init(version: Int, name: String, file: [UInt8]) {
        self.version = version
        self.name = name
        sql = String(decoding: file, as: UTF8.self)
        checksum = SHA256.hash(data: file).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

/// The schema's history, oldest first. A file in `sql/` that is missing here fails a test. The package manager names an embedded
/// file by its own name, with an underscore in place of the leading digit.
package enum Migrations {
    package static let all: [Migration] = [
        Migration(version: 1, name: "queue", file: PackageResources._001_queue_sql),
        Migration(version: 2, name: "tickets", file: PackageResources._002_tickets_sql),
        Migration(version: 3, name: "roles", file: PackageResources._003_roles_sql),
        Migration(version: 4, name: "existing_tickets", file: PackageResources._004_existing_tickets_sql),
        Migration(version: 5, name: "failed_again", file: PackageResources._005_failed_again_sql),
        Migration(version: 6, name: "twins", file: PackageResources._006_twins_sql),
        Migration(version: 7, name: "lanes", file: PackageResources._007_lanes_sql),
        Migration(version: 8, name: "ranges", file: PackageResources._008_ranges_sql),
        Migration(version: 9, name: "cheaper_tickets", file: PackageResources._009_cheaper_tickets_sql),
        Migration(version: 10, name: "accepted_resolutions", file: PackageResources._010_accepted_resolutions_sql),
        Migration(version: 11, name: "escalations", file: PackageResources._011_escalations_sql),
        Migration(version: 12, name: "floods", file: PackageResources._012_floods_sql),
        Migration(version: 13, name: "requests", file: PackageResources._013_requests_sql),
        Migration(version: 14, name: "pausing", file: PackageResources._014_pausing_sql),
        Migration(version: 15, name: "own_words", file: PackageResources._015_own_words_sql),
        Migration(version: 16, name: "least_privilege", file: PackageResources._016_least_privilege_sql),
        Migration(version: 17, name: "clock", file: PackageResources._017_clock_sql),
        Migration(version: 18, name: "readable_jobs", file: PackageResources._018_readable_jobs_sql),
        Migration(version: 19, name: "enqueue", file: PackageResources._019_enqueue_sql),
        Migration(version: 20, name: "unproven_answers", file: PackageResources._020_unproven_answers_sql),
        Migration(version: 21, name: "issue_origins", file: PackageResources._021_issue_origins_sql),
        Migration(version: 22, name: "passes", file: PackageResources._022_passes_sql),
        Migration(version: 24, name: "auditors", file: PackageResources._024_auditors_sql),
        Migration(version: 25, name: "arrivals", file: PackageResources._025_arrivals_sql),
    ]
}
