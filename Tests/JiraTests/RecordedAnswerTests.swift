import TestSupport
import Testing

@testable import HTTP
@testable import Jira

/// Answers of real Jira servers, given again to the client.
@Suite(.enabled(if: Recordings.areAtHand, Recordings.areAbsent)) struct RecordedAnswerTests {
    @Test func `it is known of each recorded answer what the client makes of it`() {
        let known = Set(RecordedReading.all.flatMap(\.names))
        let names = Set(Recordings.all.map(\.name))
        let forgotten = names.subtracting(known).filter { name in
            !RecordedReading.neverAskedFor.contains { name.hasPrefix($0) }
        }
        #expect(forgotten.isEmpty, "add them to RecordedReading: \(forgotten.sorted())")
        #expect(known.subtracting(names).isEmpty)
    }

    @Test(arguments: RecordedReading.all) func `the client reads a recorded answer as what it is`(
        _ reading: RecordedReading
    ) async throws {
        for name in reading.names {
            let recording = try #require(Recordings.named(name))
            let client = TestClient(try server(recording, reading.deployment), reading.deployment)
            let body = (try? JSONValue(parsing: Array(recording.body.utf8))) ?? .null
            let read: String
            do {
                read = try await reading.ask(client.jira)
            } catch {
                read = "\(error.kind)".prefix { $0 != "(" } + " \(error.outcome)"
                #expect(!error.remedy.isEmpty, "\(name)")
            }
            #expect(read == reading.expected(body), "\(name)")
        }
    }

    /// The most dangerous belief: nothing was made, so send it again.
    @Test func `no recorded answer lets a request with an effect pass for undone unless Jira refused it`() async throws
    {
        for recording in Recordings.all {
            for deployment in [JiraConnection.Deployment.cloud, .dataCenter] {
                let client = TestClient(try server(recording, deployment), deployment)
                for error in await errors(of: client.jira) where error.outcome == .notDone {
                    let body = try? JSONValue(parsing: Array(recording.body.utf8))
                    let isRefusal = (400..<500).contains(recording.status) && body?["errorMessages"]?.arrayValue != nil
                    #expect(
                        isRefusal || [401, 429].contains(recording.status), "\(recording.name) to \(error.operation)")
                }
            }
        }
    }

    @Test func `any recorded answer to any question is read or refused, and asked for no more than twice`() async throws
    {
        for recording in Recordings.all where recording.body.utf8.count < 20_000 {
            let deployment: JiraConnection.Deployment =
                recording.name.hasPrefix("dc") || recording.name.hasPrefix("jr-dc") ? .dataCenter : .cloud
            let client = TestClient(try server(recording, deployment), deployment)
            for ask in RecordedReading.questions {
                let before = client.server.requests.count
                _ = try? await ask(client.jira)
                #expect(client.server.requests.count - before <= 2, "\(recording.name)")
            }
        }
    }

    private func errors(of client: JiraClient) async -> [JiraError] {
        let issue = CreateIssue(fields: ["summary": "x"])
        return [
            await failure(of: issue, client), await failure(of: BulkCreateIssues([issue, issue]), client),
            await failure(of: AddComment(to: "COMP-1", body: "x"), client),
            await failure(of: CreateCustomerRequest(serviceDeskID: "1", requestTypeID: "2", fields: [:]), client),
        ].compactMap { $0 }
    }

    /// Gives the recorded answer to everything but the question who asks, to which a recording of the same product answers.
    private func server(
        _ recording: Recording, _ deployment: JiraConnection.Deployment
    ) throws -> ScriptedJira {
        let me = Recordings.named(deployment == .cloud ? "jr-cloud-probe-1" : "jr-dc104-me-0")
        return try ScriptedJira { request in
            let isAboutUs = request.path.hasSuffix("/myself") && !recording.name.contains("myself")
            let given = isAboutUs ? me ?? recording : recording
            // What told how the body was packed on its way does not hold here.
            let packed: Set = ["content-length", "content-encoding", "transfer-encoding", "connection"]
            return .answer(
                given.status,
                given.headers.filter { !packed.contains($0.name.lowercased()) }.map { ($0.name, $0.value) }, given.body)
        }
    }
}
