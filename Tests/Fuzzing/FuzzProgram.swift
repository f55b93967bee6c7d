import Glibc

/// `kushim-jira-fuzz`: what `deploy/fuzz` builds and runs, one process for each target.
///
/// The program's `main` is libFuzzer's own, and so are its arguments; so the target stands in `KUSHIM_FUZZ_TARGET`.
/// Source of both names and types: https://llvm.org/docs/LibFuzzer.html
@_cdecl("LLVMFuzzerTestOneInput")
public func takeInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    FuzzTarget.current?.take([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

/// Before libFuzzer reads its arguments: ours end the process.
@_cdecl("LLVMFuzzerInitialize")
public func prepare(_ count: UnsafeMutableRawPointer?, _ values: UnsafeMutableRawPointer?) -> Int32 {
    let arguments = CommandLine.arguments
    if arguments.count == 2, arguments[1] == "--targets" {
        print(FuzzTarget.allCases.map(\.rawValue).joined(separator: "\n"))
        exit(0)
    }
    guard let target = FuzzTarget.current else {
        stop("KUSHIM_FUZZ_TARGET names none of: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    if arguments.count == 3, arguments[1] == "--write-seeds" {
        do {
            print("\(target): \(try target.writeSeeds(to: arguments[2])) seeds")
        } catch {
            stop("the seeds of \(target) cannot be written: \(error)")
        }
        exit(0)
    }
    return 0
}

private func stop(_ message: String) -> Never {
    print("error: \(message)")
    exit(64)
}
