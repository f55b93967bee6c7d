import HTTP
import Logging
import Metrics

/// One request and its answer: turns an endpoint into HTTP and the answer into a value or a `JiraError`.
struct Exchange: Sendable {
    private let http: HTTPClient
    private let logger: Logger
    private let metrics: JiraMetrics
    private let baseURL: String
    private var authorization: Secret?
    private let allowsPlainHTTP: Bool
    private let addressPolicy: AddressPolicy
    private let timeout: Duration
    private let circumstances: RequestContext.Circumstances
    private let scrubber: SecretScrubber

    init(connection: JiraConnection, http: HTTPClient, logger: Logger, metrics: (any MetricsFactory)? = nil) {
        self.http = http
        self.logger = logger
        self.metrics = JiraMetrics(factory: metrics)
        baseURL = connection.baseURL
        authorization = connection.credentials.authorization
        allowsPlainHTTP = connection.allowsPlainHTTP
        addressPolicy = connection.addressPolicy
        timeout = connection.timeout
        circumstances = RequestContext.Circumstances(connection)
        scrubber = SecretScrubber(connection.credentials.secrets)
    }

    /// Without credentials: only `ServerInfo` answers to that.
    init(
        address: JiraAddress, addressPolicy: AddressPolicy, timeout: Duration = .seconds(30), http: HTTPClient,
        logger: Logger
    ) {
        self.http = http
        self.logger = logger
        self.addressPolicy = addressPolicy
        self.timeout = timeout
        metrics = JiraMetrics(factory: nil)
        baseURL = address.baseURL
        authorization = nil
        allowsPlainHTTP = address.allowsPlainHTTP
        circumstances = RequestContext.Circumstances(
            deployment: address.deployment ?? .dataCenter, site: address.browseURL, usesGateway: false, signIn: .none,
            settings: address.settings)
        scrubber = SecretScrubber([])
    }

    /// As a stranger.
    var withoutCredentials: Exchange {
        var exchange = self
        exchange.authorization = nil
        return exchange
    }

    func context<E: Endpoint>(of endpoint: E.Type) -> RequestContext {
        RequestContext(
            operation: E.operation, hasEffect: E.hasEffect, api: E.api, circumstances: circumstances, scrubber: scrubber
        )
    }

    func send<E: Endpoint>(
        _ endpoint: E, while maySend: @escaping @Sendable () -> Bool = { true }
    ) async throws(JiraError) -> (response: E.Response, isAuthenticated: Bool) {
        var context = context(of: E.self)
        context.sentFields = endpoint.sentFields
        let request = httpRequest(for: endpoint, while: maySend)
        let start = ContinuousClock.now
        let response: HTTPResponse
        do {
            response = try await http.send(request)
        } catch {
            metrics.requestFailed(E.operation, error.kind, start.duration(to: .now))
            logger.debug(
                "No answer from Jira",
                metadata: ["jira.operation": "\(E.operation)", "error": "\(scrubber.scrub(error.message))"])
            throw context.noAnswer(error)
        }
        metrics.requestAnswered(E.operation, response.status, response.duration)
        logger.debug(
            "Jira answered",
            metadata: [
                "jira.operation": "\(E.operation)", "jira.status": "\(response.status)",
                "duration": "\(response.duration)",
            ])
        do {
            return try read(response, to: endpoint, since: start, context)
        } catch {
            if case .rateLimited = error.kind, let wait = error.retryAfter { metrics.throttled(wait) }
            throw error
        }
    }

    private func read<E: Endpoint>(
        _ response: HTTPResponse, to endpoint: E, since start: ContinuousClock.Instant, _ context: RequestContext
    ) throws(JiraError) -> (response: E.Response, isAuthenticated: Bool) {
        let identity = CallerIdentity(response.headers)
        let body = try? JSONValue(parsing: response.body)
        guard let body, endpoint.isAnswer(status: response.status, body: body) else {
            throw context.refusal(response, body: body)
        }
        // Who asks as a stranger is answered as one: Data Center says so in `X-AUSERNAME`.
        if identity == .anonymous, authorization != nil {
            // A request with an effect that worked has happened, as whoever: to call it refused would make it happen twice.
            guard E.hasEffect, (200..<300).contains(response.status) else {
                throw context.refusal(response, body: body)
            }
            logger.warning("Jira took a request as anonymous", metadata: ["jira.operation": "\(E.operation)"])
        }
        do {
            let answer = Answer(
                status: response.status, body: body, deployment: circumstances.deployment, context: context,
                time: ServerTime(response, askedAt: start))
            return (try endpoint.decode(answer), identity == .account)
        } catch {
            throw context.unreadable(missing: error.missing, status: response.status)
        }
    }

    private func httpRequest<E: Endpoint>(
        for endpoint: E, while maySend: @escaping @Sendable () -> Bool
    ) -> HTTPRequest {
        let asked = endpoint.request(for: circumstances.deployment)
        var headers: HTTPHeaders = [
            "Accept": "application/json",
            // Errors come in the profile language of the account unless Jira is forced to another.
            "Accept-Language": "en",
            "X-Force-Accept-Language": "true",
        ]
        if asked.body != nil {
            headers["Content-Type"] = "application/json"
        }
        // Some of that API, such as rich text in requests, is given to those only who say that they know it may change.
        if E.api == .serviceDesk { headers["X-ExperimentalApi"] = "opt-in" }
        let path = (asked.root ?? E.api.root(for: circumstances.deployment)) + asked.path
        var request = HTTPRequest(
            method: asked.method, url: baseURL + path + PercentEncoding.query(asked.query), headers: headers,
            authorization: authorization, body: asked.body?.serialized(), timeout: timeout,
            mustNotBeRepeated: E.hasEffect, allowsPlainHTTP: allowsPlainHTTP, addressPolicy: addressPolicy)
        if E.hasEffect { request.maySend = maySend }
        return request
    }
}
