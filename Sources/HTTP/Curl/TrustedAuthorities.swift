internal import CLibCurl
internal import Glibc

/// libcurl takes one set of authorities: what is to be added has to be joined with the system's.
enum TrustedAuthorities {
    private static let usualBundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    ]

    /// Nil if either cannot be read.
    static func withSystems(_ file: String) -> [UInt8]? {
        guard let added = contents(of: file), let systems = systemsBundle() else { return nil }
        return systems + Array("\n".utf8) + added
    }

    private static func systemsBundle() -> [UInt8]? {
        let own = unsafe kushim_default_authorities().map { unsafe String(cString: $0) }
        return ([own].compactMap { $0 } + usualBundles).lazy.compactMap { contents(of: $0) }.first
    }

    private static func contents(of path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 16 << 20 {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }
}
