import ArgumentParser

@main
struct BenchmarksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kushim-jira-bench", abstract: "Measure the queue and the daemon; deploy/bench runs it.",
        subcommands: [MeasureCommand.self, WorkerCommand.self, FloorCommand.self])
}
