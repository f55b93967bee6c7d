import Hummingbird

/// The routes for those who run the daemon: `/healthz`, `/readyz`, `/metrics`. Each also answers `HEAD`.
struct OperationsRoutes: Sendable {
    /// Asked at every `/readyz`; must answer within seconds, since probes give up.
    var readiness: @Sendable () async -> Readiness
    /// The whole exposition.
    var metrics: @Sendable () async -> String

    /// A router with these routes; further ones (webhooks, OAuth) are added to it.
    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: PlainTextErrors())
        router.get("/healthz") { _, _ in
            Response.text("ok\n")
        }
        router.get("/readyz") { request, _ in
            let readiness = await self.readiness()
            let status: HTTPResponse.Status = readiness.isReady ? .ok : .serviceUnavailable
            if request.headers[.accept]?.contains("application/json") ?? false {
                return Response.text(readiness.json, status: status, contentType: "application/json")
            }
            return Response.text(readiness.text, status: status)
        }
        router.get("/metrics") { _, _ in
            Response.text(await self.metrics(), contentType: PrometheusText.contentType)
        }
        return router
    }
}

extension Response {
    static func text(
        _ text: String, status: HTTPResponse.Status = .ok, contentType: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Errors as a line of text: what asks here is curl, a probe or a browser.
private struct PlainTextErrors: RouterMiddleware {
    typealias Context = BasicRequestContext

    func handle(
        _ request: Request, context: BasicRequestContext,
        next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            let reason = error.body ?? error.status.reasonPhrase
            let known = error.status == .notFound ? "; here are /healthz, /readyz and /metrics" : ""
            var response = Response.text("\(error.status.code) \(reason)\(known)\n", status: error.status)
            for field in error.headers { response.headers.append(field) }
            return response
        }
    }
}
