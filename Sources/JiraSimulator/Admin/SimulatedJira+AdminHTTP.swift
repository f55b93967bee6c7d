import Synchronization

/// A request to the simulator's own surface that cannot be carried out.
private struct AdminError: Error {
    var status: Int
    var message: String
}

extension SimulatedJira {
    /// What `GET /__simulator` prints.
    package static let adminHelp = """
        The simulator's own surface. JSON in and out, no sign-in, not part of Jira.

        Looking
          GET  /__simulator/issues[?project=KEY][&label=LABEL]   all issues, with comments and properties
          GET  /__simulator/issues/KEY                           one issue, by id, key or former key
          GET  /__simulator/comments                             all comments
          GET  /__simulator/requests[?operation=NAME][&last=N]   the latest requests, as sent
          GET  /__simulator/counters                             totals, violations, connections, faults
          GET  /__simulator/projects, /settings, /faults
          GET  /__simulator/lost                                 what restored backups took away or set back, as it was
        As a person in Jira
          POST /__simulator/issues                {"project":"COMP","summary":"...","type":"Task","labels":[],"properties":{}}
          POST /__simulator/issues/KEY/transition {"status":"Done","resolution":"Won't Do"}   (To Do, In Progress, Done,
                                                                                               Closed, Reopened); "resolution":null sets none
          POST /__simulator/issues/KEY/move       {"project":"SEC"}      new key; the old one still answers
          POST /__simulator/issues/KEY/clone
          POST /__simulator/issues/KEY/edit       {"summary":"...","labels":[...],"due":"2026-12-01","properties":{}}
          POST /__simulator/issues/KEY/comment    {"text":"..."}
          POST /__simulator/issues/KEY/delete
        As an administrator
          POST /__simulator/projects              {"key":"NEW","name":"New project"}
          POST /__simulator/projects/KEY          {"requiredFields":["duedate"],"hiddenFields":["priority"],"archived":false,
                                                   "permissions":["BROWSE_PROJECTS","CREATE_ISSUES"],
                                                   "priorities":["P1","P2"],"issueTypes":["Task"],
                                                   "validators":{"word of a summary":"what Jira then says"},
                                                   "requestTypes":[{"name":"Get help","fields":["summary","description"],
                                                                    "requiredFields":["description"]}]}; null: no service desk
          POST /__simulator/settings              any of {"indexLag":"2s..30s","badCredentials":"anonymousView|anonymousError|
                                                  unauthorized","basicIsDisabled":true,"captchaAfterFailures":3,
                                                  "captchaIsShown":false,"language":"en|de","commentLimit":100,
                                                  "textLimit":32767,"checksADF":true,"rateLimit":"100/200",
                                                  "bulkIsShuffled":true}; null clears
          POST /__simulator/credentials           {"apiToken":"...","personalAccessToken":"..."}   others stay; "" revokes
          POST /__simulator/backup
          POST /__simulator/restore               the last backup; ids and keys given since are given again
        Going wrong
          POST /__simulator/faults                ["close-after-commit,operation=createIssue,probability=0.05,seed=7"]
          POST /__simulator/faults/clear
          POST /__simulator/index/catch-up        searches see everything at once
          POST /__simulator/reset                 back to the state at the start

        How a fault is written: \(Fault.grammar).

        """

    func administer(_ request: SimulatedRequest) -> SimulatedResponse {
        let path = request.path.split(separator: "/").dropFirst().map { percentDecoded($0) }
        do {
            if path.isEmpty { return .text(200, Self.adminHelp) }
            let body: JSON = request.body.isEmpty ? [:] : try JSON(parsing: request.body)
            switch request.method {
            case "GET": return .json(200, try look(path, request.query))
            case "POST": return .json(200, try act(path, body))
            case "DELETE" where path == ["faults"]:
                clearFaults()
                return .json(200, [:])
            default: throw AdminError(status: 405, message: "the simulator's own surface takes GET and POST")
            }
        } catch let error as AdminError {
            return .json(error.status, ["error": .string(error.message)])
        } catch let error as NotFound {
            return .json(404, ["error": .string(error.description)])
        } catch {
            return .json(400, ["error": .string("\(error)")])
        }
    }

    private func look(_ path: [String], _ query: [String: String]) throws -> JSON {
        switch (path.count, path[0]) {
        case (1, "issues"):
            let found = issues.filter { issue in
                (query["project"].map { $0 == issue.projectKey } ?? true)
                    && (query["label"].map { issue.labels.contains($0) } ?? true)
            }
            return .array(found.map(\.adminJSON))
        case (2, "issues"):
            guard let issue = issue(path[1]) else { throw NotFound(description: "there is no issue '\(path[1])'") }
            return issue.adminJSON
        case (1, "comments"): return .array(comments.map(\.adminJSON))
        case (1, "requests"):
            let found = requests.filter { record in query["operation"].map { $0 == record.operation.rawValue } ?? true }
            return .array(found.suffix(query["last"].flatMap { Int($0) } ?? found.count).map(\.adminJSON))
        case (1, "counters"): return counters.adminJSON
        case (1, "projects"): return .array(projects.map(\.adminJSON))
        case (1, "settings"): return settings.adminJSON
        case (1, "lost"):
            return [
                "issues": .array(lostIssues.map(\.adminJSON)), "setBack": .array(setBackIssues.map(\.adminJSON)),
            ]
        case (1, "faults"):
            return site.withLock { site in
                .array(
                    zip(site.faults.faults, site.faults.strikes).map { fault, strikes in
                        [
                            "effect": .string(fault.effect.name), "operation": JSON(fault.operation?.rawValue),
                            "struck": JSON(strikes),
                        ]
                    })
            }
        default: throw AdminError(status: 404, message: "nothing is at that path; see GET /__simulator")
        }
    }

    private func act(_ path: [String], _ body: JSON) throws -> JSON {
        switch (path.count, path[0]) {
        case (1, "issues"):
            let issue = try createIssue(
                project: body["project"]?.stringValue ?? "COMP",
                summary: body["summary"]?.stringValue ?? "Made by hand",
                type: body["type"]?.stringValue ?? "Task", labels: body.strings("labels") ?? [],
                description: body["description"]?.stringValue.map { .wiki($0) },
                properties: body["properties"]?.objectValue ?? [:])
            return issue.adminJSON
        case (3, "issues"): return try act(onIssue: path[1], path[2], body)
        case (1, "projects"):
            guard let key = body["key"]?.stringValue else { throw AdminError(status: 400, message: "key is missing") }
            add(project: SimulatedProject(key: key, name: body["name"]?.stringValue ?? key))
        case (2, "projects"):
            try update(project: path[1]) { $0.apply(body) }
        case (1, "settings"):
            var settings = self.settings
            try settings.apply(body)
            update(settings: { $0 = settings })
        case (1, "credentials"): setSecrets(body)
        case (1, "faults"):
            let texts = body.arrayValue ?? [body]
            let faults = try texts.map { text in
                try Fault(parsing: text.stringValue ?? text["fault"]?.stringValue ?? "")
            }
            for fault in faults { add(fault: fault) }
        case (2, "faults") where path[1] == "clear": clearFaults()
        case (2, "index") where path[1] == "catch-up": catchUpIndex()
        case (1, "backup"): backUp()
        case (1, "restore"): try restore()
        case (1, "reset"): reset()
        default: throw AdminError(status: 404, message: "nothing is at that path; see GET /__simulator")
        }
        return [:]
    }

    private func act(onIssue key: String, _ action: String, _ body: JSON) throws -> JSON {
        switch action {
        case "transition":
            return try transition(
                key, to: body["status"]?.stringValue ?? "Done", resolution: body["resolution"]?.stringValue,
                setsResolution: body["resolution"]?.isNull != true
            ).adminJSON
        case "move":
            guard let project = body["project"]?.stringValue else {
                throw AdminError(status: 400, message: "project is missing")
            }
            return try move(key, to: project).adminJSON
        case "clone": return try clone(key).adminJSON
        case "comment": return try comment(key, body["text"]?.stringValue ?? "").adminJSON
        case "edit":
            return try edit(key) { issue in
                if let summary = body["summary"]?.stringValue { issue.summary = summary }
                if let labels = body.strings("labels") { issue.labels = labels }
                if let due = body["due"] { issue.due = due.stringValue }
                if let properties = body["properties"]?.objectValue { issue.properties = properties }
            }.adminJSON
        case "delete":
            try delete(key)
            return [:]
        default: throw AdminError(status: 404, message: "'\(action)' cannot be done to an issue; see GET /__simulator")
        }
    }

    private func setSecrets(_ body: JSON) {
        site.withLock { site in
            for (name, value) in body.objectValue ?? [:] {
                guard let kind = SimulatedCredential.Kind(rawValue: name), let secret = value.stringValue else {
                    continue
                }
                let user = site.credentials.first { $0.kind == kind }?.user ?? site.users.first ?? .administrator
                site.credentials.removeAll { $0.kind == kind }
                if !secret.isEmpty { site.credentials.append(SimulatedCredential(kind, secret, user: user)) }
            }
        }
    }
}

extension JSON {
    func strings(_ key: String) -> [String]? { self[key]?.arrayValue?.compactMap(\.stringValue) }
}
