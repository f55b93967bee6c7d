import Testing

@testable import HTTP

/// Each of libcurl's codes, by number as https://curl.se/libcurl/c/libcurl-errors.html has them: what it means here, and
/// whether it can be reported before a request was sent.
@Suite struct TransferFailureTests {
    static let early: [UInt32: HTTPError.Kind] = [
        1: .invalidURL, 2: .other(2), 3: .invalidURL, 4: .other(4), 5: .cannotResolve, 6: .cannotResolve,
        7: .cannotConnect, 28: .timedOut, 35: .tls, 42: .refusedAddress, 45: .cannotConnect, 48: .other(48),
        49: .other(49), 53: .tls, 54: .tls, 58: .tls, 59: .tls, 60: .tls, 64: .tls, 66: .tls, 67: .invalidURL, 77: .tls,
        82: .tls, 83: .tls, 90: .tls, 91: .tls, 98: .tls,
    ]

    static let late: [UInt32: HTTPError.Kind] = [
        8: .connectionLost, 16: .connectionLost, 18: .truncatedBody, 52: .connectionLost, 55: .connectionLost,
        56: .connectionLost, 61: .truncatedBody, 63: .responseTooLarge, 65: .connectionLost, 92: .connectionLost,
    ]

    @Test(arguments: UInt32(1)...130)
    func everyCodeHasItsMeaning(code: UInt32) {
        let failure = TransferFailure(curlCode: code)
        if let kind = Self.early[code] {
            #expect(failure.kind == kind)
            #expect(failure.mayPrecedeRequest)
        } else {
            // Whatever is not known to come early may have come late: the careful side.
            #expect(failure.kind == Self.late[code] ?? .other(Int32(code)))
            #expect(!failure.mayPrecedeRequest)
        }
    }

    @Test func theGateOpensOnceForARequestWithAnEffect() {
        var gate = RequestGate(mustNotBeRepeated: true, addressPolicy: .any)
        let peer = NetworkAddress("192.0.2.1")
        #expect(gate.timesOpened == 0)
        let first = gate.open(peer: peer, named: "192.0.2.1")
        #expect(first)
        for _ in 0..<3 {
            let again = gate.open(peer: peer, named: "192.0.2.1")
            #expect(!again)
            #expect(gate.refusal == .wouldRepeat)
        }
        #expect(gate.timesOpened == 1)
    }

    @Test func theGateOpensAgainForARequestWithoutOne() {
        var gate = RequestGate(mustNotBeRepeated: false, addressPolicy: .any)
        let answers = [gate.open(peer: nil, named: "?"), gate.open(peer: nil, named: "?")]
        #expect(answers == [true, true])
        #expect(gate.refusal == nil)
    }

    @Test func theGateLooksAtTheAddress() {
        var gate = RequestGate(mustNotBeRepeated: false, addressPolicy: .publicOnly)
        let isOpen = gate.open(peer: NetworkAddress("10.0.0.1"), named: "10.0.0.1")
        #expect(!isOpen)
        #expect(gate.refusal == .address("10.0.0.1"))
        #expect(gate.timesOpened == 0)
    }
}

@Suite struct PercentEncodingTests {
    @Test func onlyUnreservedCharactersStandForThemselves() {
        #expect(PercentEncoding.query("azAZ09-._~") == "azAZ09-._~")
        #expect(
            PercentEncoding.query(#"project = "A&B" + ü"#) == "project%20%3D%20%22A%26B%22%20%2B%20%C3%BC")
        #expect(PercentEncoding.pathSegment("a/b?c#d%") == "a%2Fb%3Fc%23d%25")
        #expect(PercentEncoding.pathSegment("..") == "%2E%2E")
        #expect(PercentEncoding.pathSegment("K-1") == "K-1")
        #expect(PercentEncoding.query([("jql", "a b"), ("max", "1")]) == "?jql=a%20b&max=1")
        #expect(PercentEncoding.query([]) == "")
    }
}

@Suite struct HTTPHeadersTests {
    @Test func namesCompareWithoutRegardToCase() {
        var headers: HTTPHeaders = ["Retry-After": "1", "retry-after": "2"]
        #expect(headers["RETRY-AFTER"] == "1")
        #expect(headers.all(named: "Retry-after") == ["1", "2"])
        headers["retry-After"] = "3"
        #expect(headers.all(named: "Retry-After") == ["3"])
        headers["Retry-After"] = nil
        #expect(headers["Retry-After"] == nil)
        headers.append("X", "1")
        #expect(headers["x"] == "1")
        #expect(headers["ẍ"] == nil)
    }
}
