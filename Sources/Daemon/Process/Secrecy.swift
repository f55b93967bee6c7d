import CProcess
import Glibc
import Logging

/// The memory of the process holds tokens; it must end in no core file.
enum Secrecy {
    static func forbidCoreDumps(_ logger: Logger) {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        let isLimited = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
        if kushim_forbid_dumps() != 0 || !isLimited {
            logger.warning("core dumps could not be turned off; set LimitCORE=0 or `ulimit -c 0`")
        }
    }
}
