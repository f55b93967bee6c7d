/// What `--version`, `User-Agent` and `kushim_jira_build_info` say.
enum BuildVersion {
    static let number = "0.1.0"

    static var swift: String {
        #if compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
