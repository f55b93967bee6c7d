extension SimulatedJira.Fault.Answer {
    /// The answer as a proxy, a limiter or a broken Jira would give it.
    var response: SimulatedResponse {
        var response: SimulatedResponse =
            switch body {
            case .jira: .json(status, ["errorMessages": [.string(phrase)], "errors": [:]])
            case .field:
                .json(
                    status,
                    [
                        "errorMessages": [],
                        "errors": [
                            "priority":
                                "Field 'priority' cannot be set. It is not on the appropriate screen, or unknown."
                        ],
                    ])
            case .message: .json(status, ["message": .string(phrase)])
            case .gateway:
                .json(
                    status,
                    [
                        "timestamp": "2026-11-23T09:30:00.000+00:00", "status": JSON(status), "error": .string(phrase),
                        "path": "/ex/jira",
                    ])
            case .code: .json(status, ["code": JSON(status), "message": .string(phrase)])
            case .html, .cut:
                .html(
                    status,
                    "<html><head><title>\(status) \(phrase)</title></head><body><h1>\(phrase)</h1><hr>proxy</body></html>"
                )
            case .text: .text(status, phrase)
            // Where there was none yet.
            case .empty, .earlier, .swapped: SimulatedResponse(status: status)
            case .malformed: SimulatedResponse(status: status, body: Array(#"{"errorMessages":["#.utf8))
            }
        if let retryAfter { response.headers.append(("Retry-After", "\(Int(retryAfter.seconds.rounded(.up)))")) }
        if let reason { response.headers.append(("RateLimit-Reason", reason)) }
        for (name, value) in headers { response.headers.append((name, value)) }
        return response
    }

    private var phrase: String {
        switch status {
        case 403, 405, 406: "The requested URL was rejected. Please consult with your administrator."
        case 413: "Request Entity Too Large"
        case 429: "Rate limit exceeded."
        case 500: "Internal server error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Simulated answer \(status)"
        }
    }
}
