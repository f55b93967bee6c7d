/// Which addresses a request may be sent to; judged on the address that is really connected to, not on the host name.
package enum AddressPolicy: Sendable {
    case any
    /// Refuses private, loopback, link-local, shared (CGNAT), multicast and reserved addresses, and IPv6 forms of them:
    /// for base URLs that come from customers.
    case publicOnly

    func allows(_ address: NetworkAddress?) -> Bool {
        switch self {
        case .any: true
        case .publicOnly: address?.isPublic ?? false
        }
    }
}
