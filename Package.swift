// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Swift Testing's macros expand to unsafe expressions, so test targets go without strict memory safety.
let testSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")

let package = Package(
    name: "kushim-jira",
    products: [
        .executable(name: "kushim-jira", targets: ["Daemon"]),
        .executable(name: "jira-simulator", targets: ["JiraSimulatorCommand"]),
        .executable(name: "kushim-jira-chaos", targets: ["Chaos"]),
        .executable(name: "kushim-jira-bench", targets: ["Benchmarks"]),
        .library(name: "wall-clock-only", type: .dynamic, targets: ["WallClockOnly"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .systemLibrary(name: "CProcess"),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        .target(name: "Postgres", dependencies: ["CLibPQ", logging, lifecycle], swiftSettings: settings),
        .target(name: "HTTP", dependencies: ["CLibCurl", logging], swiftSettings: settings),

        .target(
            name: "Migrations", dependencies: ["Postgres", crypto, logging], path: "Migrations",
            resources: [.embedInCode("sql"), .embedInCode("access.sql")], swiftSettings: settings),
        .target(name: "Jobs", dependencies: ["Postgres", logging, metrics, lifecycle], swiftSettings: settings),
        .target(name: "Jira", dependencies: ["HTTP", logging, metrics], swiftSettings: settings),
        .target(
            name: "Compliance",
            dependencies: ["Jobs", "Jira", "Postgres", "HTTP", crypto, logging, metrics, lifecycle],
            swiftSettings: settings),
        .executableTarget(
            name: "Daemon",
            dependencies: [
                "CProcess", "Compliance", "Jobs", "Jira", "Postgres", "HTTP", "Migrations", logging, metrics, lifecycle,
                signals, nioCore, hummingbird, crypto,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),

        .target(name: "JiraSimulator", dependencies: [hummingbird, logging], swiftSettings: settings),
        .executableTarget(
            name: "JiraSimulatorCommand",
            dependencies: [
                "JiraSimulator", logging, lifecycle, .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        .target(
            name: "TestSupport", dependencies: ["Postgres", "Migrations", "Jira", "HTTP", logging],
            path: "Tests/TestSupport", swiftSettings: testSettings),
        .executableTarget(
            name: "Chaos",
            dependencies: [
                "Postgres", "Jira", "HTTP", "Migrations", "TestSupport", logging, nioCore,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Chaos", exclude: ["without"], swiftSettings: testSettings),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Compliance", "Jobs", "Postgres", "HTTP", "Jira", "TestSupport", logging, lifecycle, signals,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Benchmarks", exclude: ["README.md", "sql"], swiftSettings: testSettings),
        .target(name: "WallClockOnly", path: "Tests/WallClockOnly", publicHeadersPath: "."),
        .testTarget(
            name: "PostgresTests", dependencies: ["Postgres", "TestSupport", logging], swiftSettings: testSettings),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", logging], swiftSettings: testSettings),
        .testTarget(
            name: "MigrationsTests", dependencies: ["Migrations", "Postgres", "TestSupport"],
            swiftSettings: testSettings),
        .testTarget(name: "JobsTests", dependencies: ["Jobs", "Postgres", "TestSupport"], swiftSettings: testSettings),
        .testTarget(
            name: "JiraTests", dependencies: ["Jira", "HTTP", "TestSupport", logging, metrics],
            swiftSettings: testSettings),
        .testTarget(
            name: "JiraSimulatorTests", dependencies: ["JiraSimulator", "TestSupport"], swiftSettings: testSettings),
        .testTarget(
            name: "ComplianceTests",
            dependencies: ["Compliance", "Jobs", "Jira", "Postgres", "HTTP", "JiraSimulator", "TestSupport"],
            swiftSettings: testSettings),
        .testTarget(
            name: "DaemonTests",
            dependencies: ["Compliance", "Daemon", "JiraSimulator", "Postgres", "TestSupport"],
            swiftSettings: testSettings),
    ]
)

// Under a sanitizer run the suites of the modules that deal with threads and with C, and what they need is built alone.
if Context.environment["KUSHIM_SANITIZED"] != nil {
    let suites = ["PostgresTests", "HTTPTests", "JobsTests", "JiraTests"]
    package.targets.removeAll { $0.type == .test && !suites.contains($0.name) }
}

// To fuzz (deploy/fuzz), what reads strangers' bytes is built alone: of the daemon its configuration, without its commands and
// its `@main`; of the simulator its rules for JSON and documents, by which ours are judged.
if Context.environment["KUSHIM_FUZZING"] != nil {
    let readers = ["CLibPQ", "CLibCurl", "Postgres", "HTTP", "Jobs", "Jira", "Compliance"]
    package.products = []
    package.targets.removeAll { !readers.contains($0.name) }
    package.targets += [
        .target(
            name: "Daemon",
            dependencies: [
                "Compliance", "Jira", "Postgres", "HTTP", logging, crypto, .product(name: "Yams", package: "Yams"),
            ],
            sources: ["Configuration", "Process/BuildVersion.swift"], swiftSettings: settings),
        .target(name: "JiraSimulator", sources: ["JSON", "RichText/ADFRules.swift"], swiftSettings: settings),
        .executableTarget(
            name: "kushim-jira-fuzz",
            dependencies: ["Compliance", "Daemon", "Jira", "JiraSimulator", "HTTP"],
            path: "Tests/Fuzzing", exclude: ["dictionaries"], swiftSettings: testSettings),
    ]
}
