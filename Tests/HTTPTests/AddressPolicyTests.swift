import Foundation
import Testing

@testable import HTTP

@Suite struct AddressPolicyTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
        "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1",
        "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255",
        "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:100.64.0.1",
        "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:1ff::1",
        "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "3fff:fff::1", "fc00::1", "fd12:3456::1",
        "fe80::1", "febf::1", "fec0::1", "ff02::1", "4000::1", "::ffff:0:8.8.8.8",
    ])
    func isRefused(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(!address.isPublic)
        #expect(!AddressPolicy.publicOnly.allows(address))
        #expect(AddressPolicy.any.allows(address))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "104.192.142.1",
        "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1", "3ffe::1", "2003::1", "2401::1",
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
    ])
    func isAllowed(text: String) throws {
        #expect(try #require(NetworkAddress(text)).isPublic)
    }

    @Test func whatIsNoAddressIsRefused() {
        #expect(NetworkAddress("fe80::1%lo") == nil)
        #expect(NetworkAddress("localhost") == nil)
        #expect(!AddressPolicy.publicOnly.allows(nil))
    }

    @Test func anAddressIsWrittenAsPeopleReadIt() throws {
        #expect(try #require(NetworkAddress("192.0.2.1")).description == "192.0.2.1")
        #expect(try #require(NetworkAddress("2001:db8::1")).description == "2001:db8:0:0:0:0:0:1")
    }

    @Test(arguments: ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "a.localhost"])
    func howeverTheHostIsWrittenTheAddressCounts(host: String) async throws {
        let client = makeClient()
        try await withServer {
            try $0.readRequest()
        } _: { server in
            var request = post("http://\(host):\(server.port)/")
            request.addressPolicy = .publicOnly
            let error = try await failure(client, request)
            #expect(error.kind == .refusedAddress)
            #expect(!error.requestMayHaveReachedServer)
            #expect(error.message.contains("is not a public address"))
            #expect(server.connectionCount == 0)
        }
    }

    @Test func aConnectionOpenedForSomebodyElseIsNoWayRound() async throws {
        let client = makeClient()
        try await withServer { connection in
            while true {
                try connection.readRequest()
                try connection.respond()
            }
        } _: { server in
            _ = try await client.send(get(server.url + "/allowed"))
            var request = post(server.url + "/refused")
            request.addressPolicy = .publicOnly
            let error = try await failure(client, request)
            #expect(error.kind == .refusedAddress)
            #expect(!error.requestMayHaveReachedServer)
            #expect(server.requests.map(\.path) == ["/allowed"])
            _ = try await client.send(get(server.url + "/allowed"))
        }
    }
}
