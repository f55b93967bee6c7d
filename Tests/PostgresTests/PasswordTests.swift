import Foundation
import Postgres
import TestSupport
import Testing

/// No piece of a password is in what is said about a connection that could not be made.
@Suite struct PasswordTests {
    private func words(_ conninfo: String) async -> String {
        var configuration = PostgresConfiguration(conninfo: conninfo)
        configuration.connectTimeout = .seconds(2)
        do {
            await (try PostgresConnection.connect(configuration, logger: .quiet)).close()
            return ""
        } catch {
            return "\(error) \(error.message) \(error.detail ?? "") \(error.hint ?? "")"
        }
    }

    /// The characters between which a password is cut are those that mean something in a URL, in keywords, or to the server.
    private static let separators = [
        "@", ":", "/", "?", "#", "%", "&", "=", "'", "\\", " ", ",", "%40", "%zz", "\\'", "[", "]", "]:", "@/", "://",
    ]
    private static let forms: [@Sendable (String) -> String] = [
        { "postgresql://kushim:\($0)@127.0.0.1:1/kushim" },
        { "postgres://kushim:\($0)@127.0.0.1:1/kushim?sslmode=disable" },
        { "postgresql://kushim:\($0)@127.0.0.1:1,127.0.0.1:2/kushim" },
        { "postgresql://kushim:x@127.0.0.1:1,kushim:\($0)@127.0.0.1:2/kushim" },
        { "postgresql://kushim:\($0)@/kushim?host=127.0.0.1&port=1" },
        { "postgresql://kushim@127.0.0.1:1/kushim?password=\($0)" },
        { "postgresql://127.0.0.1:1/kushim?user=kushim&sslpassword=\($0)" },
        { "postgresql://kushim:\($0)@[::1]:1/kushim" },
        { "Postgresql://kushim:\($0)@127.0.0.1:1/kushim" },
        { "kushim:\($0)@127.0.0.1:1/kushim" },
        { "host=127.0.0.1 port=1 password=\($0) user=kushim" },
        { "host=127.0.0.1 port=1 password = '\($0)' user=kushim" },
        { "host=127.0.0.1 port=1 user=kushim sslpassword='\($0)'" },
        { "host=127.0.0.1 port=1 user=kushim passwd=\($0)" },
        { "host=127.0.0.1 port=1 dbname=postgresql://kushim:\($0)@127.0.0.1/kushim" },
        { "host=postgresql://kushim:\($0)@127.0.0.1 port=1" },
        { "host=kushim:\($0)@127.0.0.1 port=1" },
        { "host=127.0.0.1 port=1 password=\($0)" },
        { "password='\($0) host=127.0.0.1 port=1" },
    ]

    @Test("Whatever the password holds and wherever it stands, none of its pieces is told")
    func pieces() async {
        // Letters and digits that no message has by itself.
        let pieces = ["QZX7a", "9WVJK", "hunter2"]
        for separator in Self.separators {
            let passwords = [
                pieces.joined(separator: separator), separator + pieces[0] + separator,
                pieces[0] + separator + separator,
            ]
            for (index, form) in Self.forms.enumerated() {
                for password in passwords {
                    let said = await words(form(password))
                    for piece in pieces {
                        #expect(!said.contains(piece), "form \(index) with \(separator): \(said)")
                    }
                }
            }
        }
    }

    @Test("What hides nothing is told as libpq says it, with host and port")
    func harmless() async {
        for conninfo in [
            "postgresql://kushim:QZX7a@127.0.0.1:1/kushim", "host=127.0.0.1 port=1 password='Q Z' user=kushim",
            "postgresql://kushim:Q%40Z@127.0.0.1:1/kushim",
        ] {
            let said = await words(conninfo)
            #expect(said.contains("127.0.0.1") && said.contains("Connection refused"), "\(said)")
        }
        #expect(await words("postgresql://kushim:PG@SECRET99@127.0.0.1/kushim").contains("%40"))
    }
}
