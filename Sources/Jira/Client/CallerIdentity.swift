import HTTP

/// Whom Jira took the caller for, as far as the headers of an answer tell.
enum CallerIdentity: Hashable {
    /// Cloud names the account in `X-AAccountId`, Data Center the user in `X-AUSERNAME`.
    case account
    /// The credential was rejected and the request went on as nobody: with status 200 and empty lists.
    case anonymous
    case untold

    init(_ headers: HTTPHeaders) {
        // AUTHENTICATED_FAILED: wrong credential; AUTHENTICATION_DENIED: not even looked at, after too many wrong ones.
        let rejections = ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"]
        let loginReasons = headers.all(named: "X-Seraph-LoginReason").map { $0.uppercased() }
        let user = headers["X-AUSERNAME"]?.trimmedOfSpace ?? ""
        if loginReasons.contains(where: { reason in rejections.contains { reason.contains($0) } })
            || user.lowercased() == "anonymous"
        {
            self = .anonymous
        } else if !user.isEmpty || !(headers["X-AAccountId"]?.trimmedOfSpace ?? "").isEmpty {
            self = .account
        } else {
            self = .untold
        }
    }
}
