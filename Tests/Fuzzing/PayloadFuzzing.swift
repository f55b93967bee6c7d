import Foundation
import Jira

@testable import Compliance

/// A payload is refused with the field that is wrong, or becomes a ticket that Jira can take.
enum PayloadFuzzing {
    static func take(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        do {
            check(try ComplianceFailure(payload: text))
        } catch {
            check(error)
        }
        do {
            _ = try CompliancePass(payload: text)
        } catch {
            check(error)
        }
    }

    private static func check(_ error: PayloadError) {
        demand(error.field.hasPrefix("payload") && !error.problem.isEmpty, "a refusal names the field: \(error)")
    }

    private static let planner: TicketPlanner = {
        var settings = TicketSettings()
        settings.project = "COMP"
        settings.minimumSeverity = .low
        settings.labels = ["compliance", "{framework}"]
        settings.fields = [
            "customfield_1": .text("{controlId}"), "customfield_2": .option("{framework}"),
            "customfield_3": .options(["{affectedSystems}"]),
        ]
        return TicketPlanner(settings)
    }()

    static let facts = TicketFacts(
        customerID: "acme", jobID: 7, insertedAt: Date(timeIntervalSince1970: 1_768_473_000), dueDate: "2026-01-22",
        fingerprint: Fingerprint(hex: String(repeating: "0123456789abcdef", count: 4)))

    private static func check(_ failure: ComplianceFailure) {
        guard case .create(let draft) = planner.plan(failure, facts) else {
            return demand(false, "these settings make a ticket of every failure: \(failure)")
        }
        check(draft)
    }

    static func check(_ draft: TicketDraft) {
        for deployment in [JiraConnection.Deployment.cloud, .dataCenter] {
            let fields = draft.createFields(for: deployment)
            let written = JSONValue.object(fields).serialized()
            demand((try? JSONValue(parsing: written)) == .object(fields), "the fields can be sent")
            let summary = fields["summary"]?.stringValue ?? ""
            demand(
                !summary.isEmpty && summary.utf16.count <= 255 && !summary.contains(where: \.isNewline),
                "Jira takes the summary: \(summary.debugDescription)")
            let labels = fields["labels"]?.arrayValue?.compactMap(\.stringValue) ?? []
            demand(labels.contains("kushim-0123456789abcdef0123"), "the mark is among the labels: \(labels)")
            demand(
                labels.allSatisfy { !$0.isEmpty && $0.utf16.count <= 255 && !$0.contains(where: \.isWhitespace) },
                "Jira takes the labels: \(labels)")
            guard let description = fields["description"] else { return demand(false, "there is a description") }
            if deployment == .cloud { checkADF(description) }
            let length = (description.stringValue ?? description.description).utf16.count
            demand(length <= 32_767, "Jira takes a description of \(length)")
        }
    }
}
