import HTTP

/// Whose answer it is. After a request with an effect only Jira's own refusal proves that nothing was made: a gateway, a
/// firewall or a proxy can answer in its own words after Jira did the work.
///
/// A refusal in Jira's shape is believed also where no header names the account, which Cloud's answers do: a proxy may take it away.
/// Such a proof allows little: the worker looks for the issue or the comment before it sends the request again.
struct WhoseAnswer {
    let response: HTTPResponse
    /// Nil if it is not JSON.
    let body: JSONValue?
    let context: RequestContext

    /// Whether the refusal proves that a request with an effect had none.
    var provesThatNothingWasDone: Bool {
        switch response.status {
        case 401: isJirasSignInRefusal
        case 403: isJirasRefusal || isCaptcha || isRefusedAtTheDoor
        case 429: isJirasRefusal || isOfJirasLimiter
        case 400..<500: isJirasRefusal
        default: false
        }
    }

    /// The shape of a refusal of which Jira alone speaks.
    private var isJirasRefusal: Bool { RefusalShape(body, api: context.api) == .whole }

    /// Jira, and its gateway, judge the credential before any work.
    /// Source: the recorded 401s of Cloud, of its gateway and of Data Center.
    private var isJirasSignInRefusal: Bool {
        if isJirasRefusal || isCaptcha { return true }
        let reasons = response.headers.all(named: "X-Seraph-LoginReason").map { $0.uppercased() }
        if reasons.contains(where: { $0.contains("AUTHENTICATED_FAILED") }) { return true }
        // Jira's REST framework says it so, whatever the language.
        if body?["status-code"]?.integerValue == 401, body?["message"]?.stringValue != nil { return true }
        if body?["code"]?.integerValue == 401, words.hasPrefix("unauthorized") { return true }
        return words.hasPrefix("client must be authenticated")
            || words.hasPrefix("basic authentication with passwords is deprecated")
    }

    /// Refused for what the request looks like, or for its way to sign in, before Jira reads it.
    private var isRefusedAtTheDoor: Bool {
        words.hasPrefix("xsrf check failed") || words.hasPrefix("basic authentication has been disabled")
    }

    var isCaptcha: Bool {
        response.headers.all(named: "X-Authentication-Denied-Reason").contains { $0.uppercased().contains("CAPTCHA") }
            || response.headers.all(named: "X-Seraph-LoginReason").contains {
                $0.uppercased().contains("AUTHENTICATION_DENIED")
            }
    }

    /// Jira counts before it works, and says what it counts in headers, whatever the body is: often a page of Tomcat's.
    private var isOfJirasLimiter: Bool {
        ["RateLimit-Reason", "X-RateLimit-Limit", "X-RateLimit-Reset", "X-RateLimit-Interval-Seconds"].contains {
            response.headers[$0] != nil
        }
    }

    /// The only sentence of the answer, in lower case.
    private var words: String {
        let text =
            body.map { $0["message"]?.stringValue ?? $0.stringValue ?? "" }
            ?? String(decoding: response.body.prefix(1_000), as: UTF8.self)
        return text.trimmedOfSpace.lowercased()
    }
}

/// How much of Jira's way to say what was wrong a body has.
enum RefusalShape: Equatable {
    /// Both halves: of `errorMessages` and `errors`, or of a service desk's message. `message`, `error` and `code` alone are
    /// what gateways and firewalls say too.
    case whole
    /// One half, which some of Jira's reads answer.
    case half
    case foreign

    /// - Parameter body: nil if it is not JSON.
    init(_ body: JSONValue?, api: JiraAPI) {
        let hasMessages = body?["errorMessages"]?.arrayValue != nil
        let hasErrors = if case .object? = body?["errors"] { true } else { false }
        let hasMessage = body?["errorMessage"]?.stringValue != nil
        let hasMessageKey = if case .object? = body?["i18nErrorMessage"] { true } else { false }
        if hasMessages && hasErrors || api == .serviceDesk && hasMessage && hasMessageKey {
            self = .whole
        } else {
            self = hasMessages || hasErrors || hasMessage ? .half : .foreign
        }
    }
}
