import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

extension SimulatedJira {
    /// The way of a request: read it, ask the faults, carry it out, ask the faults again, answer.
    func respond(to incoming: Request, on channel: any Channel) async -> Response {
        let request: SimulatedRequest
        do {
            request = try await received(incoming)
        } catch {
            return SimulatedResponse.text(413, "Request Entity Too Large").hummingbird
        }
        if request.path == "/__simulator" || request.path.hasPrefix("/__simulator/") {
            return administer(request).hummingbird
        }
        let route = Route(method: request.method, path: request.path, mode: mode)
        // Parsed before the lock is taken; what is no JSON is refused where a body is asked for.
        let json = request.body.isEmpty ? nil : try? JSON(parsing: request.body)
        var (record, verdict) = begin(request, route)
        if verdict.before > .zero {
            try? await Task.sleep(for: verdict.before)
            // A simulator that is being stopped commits nothing more; a client that has gone changes nothing.
            if Task.isCancelled { return Self.unsent }
        }

        if await isLost(verdict.effect, beforeCommit: true, channel) {
            finish(record, nil)
            return Self.unsent
        }
        var response: SimulatedResponse
        if case .answer(let answer)? = verdict.effect, !answer.committed {
            response = words(of: answer, route)
        } else {
            record.wasCarriedOut = true
            response = carryOut(request, json, route, asAnonymous: verdict.effect == .anonymous)
            keep(response, route)
            if case .answer(let answer)? = verdict.effect {
                response = answer.body == .swapped ? await swapped(response, route) : words(of: answer, route)
            }
        }
        if verdict.after > .zero { try? await Task.sleep(for: verdict.after) }
        if await isLost(verdict.effect, beforeCommit: false, channel) {
            finish(record, nil)
            return Self.unsent
        }
        switch verdict.effect {
        case .malformedAfterCommit:
            response.body = Array(response.body.prefix(response.body.count / 2)) + Array("<".utf8)
        case .answer(let answer) where answer.body == .cut:
            finish(record, response)
            return response.truncated(channel)
        case .truncateAfterCommit:
            finish(record, response)
            return response.truncated(channel)
        default: break
        }
        finish(record, response)
        return response.hummingbird
    }

    private func words(of answer: Fault.Answer, _ route: Route?) -> SimulatedResponse {
        guard answer.body == .earlier, let operation = route?.operation else { return answer.response }
        return site.withLock { $0.firstAnswers[operation] } ?? answer.response
    }

    /// The answer of the request before or after this one, once there is one; after ten seconds its own.
    private func swapped(_ response: SimulatedResponse, _ route: Route) async -> SimulatedResponse {
        let place = site.withLock { site in
            site.swappedAnswers[route.operation, default: []].append(response)
            return site.swappedAnswers[route.operation, default: []].count - 1
        }
        let others = place ^ 1
        for _ in 0..<2_000 {
            let other = site.withLock { site in
                let answers = site.swappedAnswers[route.operation, default: []]
                return others < answers.count ? answers[others] : nil
            }
            if let other { return other }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return response
    }

    private func keep(_ response: SimulatedResponse, _ route: Route?) {
        guard let operation = route?.operation, response.status == 201 else { return }
        site.withLock { site in
            if site.firstAnswers[operation] == nil { site.firstAnswers[operation] = response }
        }
    }

    private func received(_ incoming: Request) async throws -> SimulatedRequest {
        let body = try await incoming.body.collect(upTo: 64 << 20)
        var headers: [String: String] = [:]
        for field in incoming.headers { headers[field.name.canonicalName] = field.value }
        var path = incoming.uri.path
        if !options.contextPath.isEmpty {
            if path.hasPrefix(options.contextPath + "/") {
                path = String(path.dropFirst(options.contextPath.count))
            } else if !path.hasPrefix("/__simulator") {
                path = "/outside-the-context-path"
            }
        }
        return SimulatedRequest(
            method: incoming.method.rawValue, path: path, query: queryParameters(incoming.uri.query ?? ""),
            headers: headers, body: Array(body.readableBytesView))
    }

    private func begin(_ request: SimulatedRequest, _ route: Route) -> (RequestRecord, FaultPlan.Verdict) {
        let now = options.now()
        var headers = request.headers
        headers["authorization"] = nil
        let body = String(decoding: request.body.prefix(256 << 10), as: UTF8.self)
        return site.withLock { site in
            let verdict =
                site.faults.isEmpty ? FaultPlan.Verdict() : site.faults.judge(request, route.operation, at: now)
            let record = RequestRecord(
                number: site.log.nextNumber(), at: now, operation: route.operation, method: request.method,
                path: request.path, query: request.query, headers: headers, body: body, status: nil,
                faults: verdict.names, wasCarriedOut: false, reason: nil)
            site.counters.begin(record)
            return (record, verdict)
        }
    }

    private func carryOut(
        _ request: SimulatedRequest, _ json: JSON?, _ route: Route, asAnonymous: Bool
    ) -> SimulatedResponse {
        let now = options.now()
        return site.withLock { site in
            let response = site.answer(request, json, route, now: now, asAnonymous: asAnonymous)
            if !site.events.isEmpty {
                // Told within the lock, so that events keep their order.
                for event in site.events { options.onEvent?(event) }
                site.events = []
            }
            return response
        }
    }

    private func finish(_ record: RequestRecord, _ response: SimulatedResponse?) {
        var record = record
        record.status = response?.status
        record.reason = response?.headers.first { $0.name == "X-Simulator-Reason" }?.value
        site.withLock { site in
            site.counters.end(record)
            site.log.append(record)
            options.onEvent?(.requestAnswered(record))
        }
    }

    /// Carries out the effects that leave the client without an answer; true where one did.
    private func isLost(_ effect: Fault.Effect?, beforeCommit: Bool, _ channel: any Channel) async -> Bool {
        switch (effect, beforeCommit) {
        case (.closeBeforeCommit, true), (.closeAfterCommit, false):
            try? await channel.close()
        case (.resetBeforeCommit, true), (.resetAfterCommit, false):
            await channel.reset()
        case (.hangBeforeCommit, true), (.hangAfterCommit, false):
            await connections.hang(channel)
        default: return false
        }
        return true
    }

    /// Stands in for an answer on a connection that is closed already.
    private static let unsent = Response(status: .serviceUnavailable)
}

extension SimulatedJira.Counters {
    fileprivate mutating func begin(_ record: SimulatedJira.RequestRecord) {
        requests += 1
        byOperation[record.operation, default: 0] += 1
        for fault in record.faults { faults[fault, default: 0] += 1 }
        if record.operation == .violation { violations.append("\(record.method) \(record.path)") }
        requestsInProgress += 1
        mostRequestsAtOnce = max(mostRequestsAtOnce, requestsInProgress)
    }

    fileprivate mutating func end(_ record: SimulatedJira.RequestRecord) {
        if let status = record.status { byStatus[status, default: 0] += 1 }
        requestsInProgress = max(0, requestsInProgress - 1)
    }
}
