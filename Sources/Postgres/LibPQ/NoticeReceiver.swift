internal import CLibPQ
import Logging

/// Takes the server's notices and warnings, which libpq would print to standard error.
/// Source: https://www.postgresql.org/docs/current/libpq-notice-processing.html
final class NoticeReceiver {
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// libpq keeps the address of the receiver and calls it while it reads input, hence on whichever thread uses the connection;
    /// the receiver must live as long as the connection: `ConnectionHandle` owns both.
    func install(on connection: OpaquePointer) {
        unsafe PQsetNoticeReceiver(
            connection,
            { receiver, result in
                guard let receiver = unsafe receiver, let result = unsafe result else { return }
                let text = unsafe PQresultErrorField(result, KUSHIM_PG_DIAG_MESSAGE_PRIMARY)
                let severity = unsafe PQresultErrorField(result, KUSHIM_PG_DIAG_SEVERITY)
                guard let text = unsafe text else { return }
                let logger = unsafe Unmanaged<NoticeReceiver>.fromOpaque(receiver).takeUnretainedValue().logger
                logger.debug(
                    "PostgreSQL sent a notice",
                    metadata: [
                        "postgres.severity": "\(unsafe severity.map { unsafe String(cString: $0) } ?? "NOTICE")",
                        "postgres.message": "\(unsafe String(cString: text))",
                    ])
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}
