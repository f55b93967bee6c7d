import FoundationEssentials
import Glibc

/// Who a command acts for, as the audit log names it: `admin alice@host`. With sudo, the person behind it.
enum AdminActor {
    static var name: String {
        "admin \(user)@\(ProcessInfo.processInfo.hostName)"
    }

    private static var user: String {
        if let behindSudo = ProcessFacts.environment["SUDO_USER"], !behindSudo.isEmpty { return behindSudo }
        // Not $USER, which anybody can set to anything.
        var entry = unsafe passwd()
        var result: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard unsafe getpwuid_r(getuid(), &entry, &buffer, buffer.count, &result) == 0, unsafe result != nil else {
            return "uid \(getuid())"
        }
        return unsafe String(cString: entry.pw_name)
    }
}
