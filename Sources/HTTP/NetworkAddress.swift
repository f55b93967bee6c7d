/// An IPv4 or IPv6 address, and whether it belongs to the public Internet.
enum NetworkAddress: Hashable {
    case v4(UInt32)
    /// High and low half.
    case v6(UInt64, UInt64)

    /// Whether a request may be sent there under `AddressPolicy.publicOnly`.
    ///
    /// Everything that the registries call "not globally reachable" is refused, along with multicast and the IPv6 forms
    /// that carry an IPv4 address (the address inside decides, or the form is refused where nobody uses it any more):
    /// https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry.
    var isPublic: Bool {
        switch self {
        case .v4(let address):
            !Self.reservedV4.contains { address >> (32 - $0.length) == $0.prefix >> (32 - $0.length) }
        case .v6(0, let low) where low >> 32 == 0xFFFF:  // ::ffff:0:0/96, IPv4-mapped
            NetworkAddress.v4(UInt32(truncatingIfNeeded: low)).isPublic
        case .v6(0x0064_FF9B_0000_0000, let low) where low >> 32 == 0:  // 64:ff9b::/96, NAT64 (RFC 6052)
            NetworkAddress.v4(UInt32(truncatingIfNeeded: low)).isPublic
        case .v6(let high, _):
            // 2000::/3, global unicast: loopback, fc00::/7, fe80::/10, ff00::/8 and ::/96 are outside.
            high >> 61 == 0b001
                && high >> 41 != 0x2001_0000_0000_0000 >> 41  // 2001::/23, IETF protocols, Teredo among them
                && high >> 32 != 0x2001_0DB8  // documentation
                && high >> 48 != 0x2002  // 6to4
                && high >> 44 != 0x3FFF0  // documentation (RFC 9637)
        }
    }

    private static let reservedV4: [(prefix: UInt32, length: UInt32)] = [
        (0x0000_0000, 8),  // this network
        (0x0A00_0000, 8),  // private
        (0x6440_0000, 10),  // shared address space, CGNAT (RFC 6598)
        (0x7F00_0000, 8),  // loopback
        (0xA9FE_0000, 16),  // link-local, the cloud metadata services among them
        (0xAC10_0000, 12),  // private
        (0xC000_0000, 24),  // IETF protocol assignments
        (0xC000_0200, 24),  // documentation
        (0xC058_6300, 24),  // 6to4 relay anycast
        (0xC0A8_0000, 16),  // private
        (0xC612_0000, 15),  // benchmarking
        (0xC633_6400, 24),  // documentation
        (0xCB00_7100, 24),  // documentation
        (0xE000_0000, 4),  // multicast
        (0xF000_0000, 4),  // reserved, broadcast
    ]
}

extension NetworkAddress: CustomStringConvertible {
    var description: String {
        switch self {
        case .v4(let address):
            [24, 16, 8, 0].map { String(address >> $0 & 0xFF) }.joined(separator: ".")
        case .v6(let high, let low):
            [high, low].flatMap { half in [48, 32, 16, 0].map { String(half >> $0 & 0xFFFF, radix: 16) } }
                .joined(separator: ":")
        }
    }
}
