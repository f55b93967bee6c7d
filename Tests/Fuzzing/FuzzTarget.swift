import Foundation

/// A reader of strangers' bytes, and what must hold whatever they are.
enum FuzzTarget: String, CaseIterable {
    case json, answers, payloads, templates, markup, configuration

    static let current = ProcessInfo.processInfo.environment["KUSHIM_FUZZ_TARGET"].flatMap(FuzzTarget.init)

    func take(_ bytes: [UInt8]) {
        switch self {
        case .json: fuzzJSON(bytes)
        case .answers: AnswerFuzzing.take(bytes)
        case .payloads: PayloadFuzzing.take(bytes)
        case .templates: fuzzTemplates(bytes)
        case .markup: fuzzMarkup(bytes)
        case .configuration: ConfigurationFuzzing.take(bytes)
        }
    }
}

/// Ends the process, by which libFuzzer knows that it has found something, unless the condition holds.
func demand(_ condition: Bool, _ promise: @autoclosure () -> String) {
    if !condition { fatalError("broken promise: \(promise())") }
}

extension [UInt8] {
    /// The parts between NUL bytes, at most so many.
    func parts(atMost count: Int) -> [String] {
        split(separator: 0, maxSplits: count - 1, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
