internal import CLibPQ
import FoundationEssentials
import Glibc
import Logging

/// Owns a `PGconn` and finishes it. A thin binding without policy; nothing here waits, except `connect`.
/// Source: https://www.postgresql.org/docs/current/libpq.html
@safe struct ConnectionHandle: ~Copyable {
    private let pointer: OpaquePointer
    /// Kept here since libpq has its address.
    private let notices: NoticeReceiver
    /// A primary whose sessions begin read-only.
    let isReadOnlyByDefault: Bool

    /// Connects and blocks until it has, or until the connect timeout of each host; DNS lookups block inside libpq, so this
    /// belongs on a thread of its own.
    static func connect(
        _ configuration: PostgresConfiguration, logger: Logger
    ) throws(PostgresError) -> ConnectionHandle {
        // A server that takes writes by itself comes first, wherever it stands in the list of hosts. Where there is none, a primary
        // will do whose sessions only begin read-only.
        do throws(PostgresError) {
            return try connect(configuration, to: "read-write", logger: logger)
        } catch {
            guard error.sqlState == .readOnlyTransaction, !ConnectionString.choosesServer(configuration.conninfo) else {
                throw error
            }
            return try connect(configuration, to: "primary", logger: logger)
        }
    }

    private static func connect(
        _ configuration: PostgresConfiguration, to target: String, logger: Logger
    ) throws(PostgresError) -> ConnectionHandle {
        let options = options(configuration, target)
        let keys = CStringArray(options.map(\.0))
        let values = CStringArray(options.map(\.1))
        guard let pointer = unsafe PQconnectdbParams(keys.pointers, values.pointers, 1) else {
            throw PostgresError(.cannotConnect, "libpq has no memory for a connection")
        }
        let handle = unsafe ConnectionHandle(
            taking: pointer, NoticeReceiver(logger), isReadOnlyByDefault: target == "primary")
        guard handle.isAlive else {
            throw ConnectFailure.error(message: handle.errorMessage, conninfo: configuration.conninfo)
        }
        unsafe PQsetnonblocking(pointer, 1)
        unsafe handle.notices.install(on: pointer)
        return handle
    }

    /// Later keywords win: the user's connection string, which libpq expands in place of `dbname`, comes after our defaults.
    private static func options(_ configuration: PostgresConfiguration, _ target: String) -> [(String, String)] {
        let keepalive = String(max(1, configuration.tcpUserTimeout.components.seconds / 3))
        var options = [
            ("fallback_application_name", configuration.applicationName),
            ("keepalives_idle", keepalive), ("keepalives_interval", keepalive), ("keepalives_count", "3"),
            ("tcp_user_timeout", String(configuration.tcpUserTimeout.wholeMilliseconds)),
        ]
        if ProcessInfo.processInfo.environment["PGCONNECT_TIMEOUT"] == nil {
            // libpq takes no less than two seconds.
            options.append(("connect_timeout", String(max(2, configuration.connectTimeout.components.seconds))))
        }
        if ProcessInfo.processInfo.environment["PGTARGETSESSIONATTRS"] == nil {
            options.append(("target_session_attrs", target))
        }
        options.append(("dbname", configuration.conninfo))
        // Ours wins here: text travels in the client's encoding, and Swift's is UTF-8.
        options.append(("client_encoding", "UTF8"))
        return options
    }

    private init(taking pointer: OpaquePointer, _ notices: NoticeReceiver, isReadOnlyByDefault: Bool) {
        unsafe self.pointer = pointer
        self.notices = notices
        self.isReadOnlyByDefault = isReadOnlyByDefault
    }

    deinit {
        unsafe PQfinish(pointer)
    }

    var socket: Int32 { unsafe PQsocket(pointer) }
    var isAlive: Bool { unsafe PQstatus(pointer) == CONNECTION_OK }
    var serverVersion: Int { unsafe Int(PQserverVersion(pointer)) }
    var errorMessage: String { unsafe String(cString: PQerrorMessage(pointer)).trimmed }
    var isBusy: Bool { unsafe PQisBusy(pointer) == 1 }
    var isIdle: Bool { unsafe PQtransactionStatus(pointer) == PQTRANS_IDLE }

    /// What the other side said its process was when the connection began.
    var backendProcessID: Int32 { unsafe PQbackendPID(pointer) }

    var isInPipelineMode: Bool { unsafe PQpipelineStatus(pointer) != PQ_PIPELINE_OFF }
    func enterPipelineMode() -> Bool { unsafe PQenterPipelineMode(pointer) == 1 }
    func exitPipelineMode() -> Bool { unsafe PQexitPipelineMode(pointer) == 1 }
    func sendPipelineSync() -> Bool { unsafe PQpipelineSync(pointer) == 1 }

    /// False when the connection is gone.
    func consumeInput() -> Bool { unsafe PQconsumeInput(pointer) == 1 }

    enum Flush { case done, blocked, failed }
    func flush() -> Flush {
        switch unsafe PQflush(pointer) {
        case 0: .done
        case 1: .blocked
        default: .failed
        }
    }

    /// Whether the server has sent something unasked, has hung up or was cut off. Costs one system call and reads nothing.
    var hasUnreadInput: Bool {
        var byte: UInt8 = 0
        let count = unsafe recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        // A reset is news too: it is told once, and a wait for more of it would last until the deadline.
        return count >= 0 || (errno != EAGAIN && errno != EINTR)
    }

    /// Whether the user's connection string (or `PGOPTIONS`) sets the server's parameter.
    func setsOption(_ name: String) -> Bool {
        guard let options = unsafe PQconninfo(pointer) else { return false }
        defer { unsafe PQconninfoFree(options) }
        var index = 0
        while let keyword = unsafe options[index].keyword {
            if unsafe strcmp(keyword, "options") == 0, let value = unsafe options[index].val {
                return unsafe String(cString: value).contains(name)
            }
            index += 1
        }
        return false
    }

    /// nil at the end of a statement's results.
    func nextResult() -> ResultHandle? {
        guard let result = unsafe PQgetResult(pointer) else { return nil }
        return unsafe ResultHandle(taking: result)
    }

    func sendSimple(_ sql: String) -> Bool { unsafe PQsendQuery(pointer, sql) == 1 }

    func sendPrepare(_ name: String, _ sql: String, _ types: [PostgresType]) -> Bool {
        let oids = types.map(\.rawValue)
        return unsafe PQsendPrepare(pointer, name, sql, Int32(oids.count), oids) == 1
    }

    func sendExecute(_ name: String, _ parameters: BoundParameters) -> Bool {
        unsafe parameters.withPointers { values, lengths, formats in
            unsafe PQsendQueryPrepared(pointer, name, Int32(parameters.count), values, lengths, formats, 1) == 1
        }
    }

    func send(_ sql: String, _ parameters: BoundParameters) -> Bool {
        let oids = parameters.types.map(\.rawValue)
        return unsafe parameters.withPointers { values, lengths, formats in
            unsafe PQsendQueryParams(pointer, sql, Int32(parameters.count), oids, values, lengths, formats, 1) == 1
        }
    }

    /// The payload of the next notification that has arrived.
    func nextNotification() -> String? {
        guard let notification = unsafe PQnotifies(pointer) else { return nil }
        defer { unsafe PQfreemem(notification) }
        return unsafe String(cString: notification.pointee.extra)
    }

    func cancellation() -> CancellationHandle? {
        unsafe PQgetCancel(pointer).map { unsafe CancellationHandle(taking: $0) }
    }
}
