package import FoundationEssentials
package import Logging

extension SimulatedJira {
    /// How a simulated Jira starts.
    package struct Options: Sendable {
        package var mode: Mode = .cloud
        /// 0 takes a free one.
        package var port = 0
        /// As `/jira`; empty for none.
        package var contextPath = ""
        package var cloudID = "6f0c3c2a-7d54-4f2b-9a53-2f2d5a1f4e10"
        package var projects = SimulatedProject.defaults
        package var users: [SimulatedUser] = [.administrator, .jane, .visitor, .leaver]
        package var credentials = SimulatedCredential.defaults
        package var settings = Settings()
        package var faults: [Fault] = []
        /// Of drawn lags, delays and probabilities.
        package var seed: UInt64 = 1
        /// The clock of issues, index and limits; tests put their own here.
        package var now: @Sendable () -> Date = { Date.now }
        /// Told of each event, in order, on the thread of the request: must return at once.
        package var onEvent: (@Sendable (Event) -> Void)?
        /// How many requests are kept to be looked at.
        package var requestLogLimit = 2000
        package var logger = Logger(label: "jira-simulator") { _ in SwiftLogNoOpLogHandler() }

        package init(mode: Mode = .cloud) { self.mode = mode }
    }
}
