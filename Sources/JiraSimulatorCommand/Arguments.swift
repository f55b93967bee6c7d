import ArgumentParser
import JiraSimulator

enum Product: String, EnumerableFlag {
    case cloud
    case dataCenter

    var mode: SimulatedJira.Mode { self == .cloud ? .cloud : .dataCenter }
}

extension JiraSimulatorCommand {
    /// The simulator that the flags describe.
    var options: SimulatedJira.Options {
        var options = SimulatedJira.Options(mode: product.mode)
        options.port = port
        options.contextPath = contextPath
        options.seed = seed
        options.faults = faults
        if !projects.isEmpty {
            options.projects = projects.map { text in
                let halves = text.split(separator: ":", maxSplits: 1).map(String.init)
                return SimulatedProject(key: halves[0], name: halves.last ?? halves[0])
            }
        }
        if user != nil || token != nil { options.signIn(user: user, token: token) }
        options.settings.indexLag = indexLag
        options.settings.language = language
        options.settings.badCredentials = badCredentials
        options.settings.basicIsDisabled = basicDisabled
        options.settings.captchaAfterFailures = captchaAfter
        options.settings.commentLimit = commentLimit
        options.settings.rateLimit = rateLimit
        options.settings.checksADF = !lenientAdf
        return options
    }
}

extension SimulatedJira.Options {
    fileprivate mutating func signIn(user name: String?, token: String?) {
        var user = SimulatedUser.administrator
        if let name {
            user.name = name
            user.email = name
        }
        users[0] = user
        credentials = SimulatedCredential.defaults.map { credential in
            var credential = credential
            credential.user = user
            if let token, credential.kind == .apiToken || credential.kind == .personalAccessToken {
                credential.secret = token
            }
            return credential
        }
    }
}

extension DelayRange: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
    public var defaultValueDescription: String { "none" }
}

extension SimulatedJira.Language: ExpressibleByArgument {}
extension SimulatedJira.BadCredentialsAnswer: ExpressibleByArgument {}

extension SimulatedJira.RateLimit: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}
