internal import CLibPQ

/// Owns a `PGresult` and clears it.
@safe struct ResultHandle: ~Copyable {
    private let pointer: OpaquePointer

    init(taking pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe PQclear(pointer)
    }

    enum Status: Equatable { case rows, done, pipelineSync, pipelineAborted, failed, copy }

    var status: Status {
        switch unsafe PQresultStatus(pointer) {
        case PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE: .rows
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .done
        case PGRES_PIPELINE_SYNC: .pipelineSync
        case PGRES_PIPELINE_ABORTED: .pipelineAborted
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: .copy
        default: .failed
        }
    }

    var rowCount: Int { unsafe Int(PQntuples(pointer)) }

    func rows<S: Statement>(of _: S.Type) throws(PostgresError) -> [S.Row] {
        let count = rowCount
        var rows: [S.Row] = []
        rows.reserveCapacity(count)
        for row in 0..<count {
            var reader = ColumnReader(unsafe RowCells(result: pointer, row: Int32(row)))
            rows.append(try S.row(&reader))
        }
        return rows
    }

    /// Rows of a query that was sent by the simple protocol, as text.
    var textRows: [[String?]] {
        (0..<Int32(rowCount)).map { row in
            (0..<(unsafe PQnfields(pointer))).map { column in
                unsafe PQgetisnull(pointer, row, column) == 1 ? nil : String(cString: PQgetvalue(pointer, row, column))
            }
        }
    }

    /// Source: https://www.postgresql.org/docs/current/libpq-exec.html#LIBPQ-PQRESULTERRORFIELD
    var error: PostgresError {
        let message = field(KUSHIM_PG_DIAG_MESSAGE_PRIMARY)
        let fallback = unsafe String(cString: PQresultErrorMessage(pointer)).trimmed
        let sqlState = field(KUSHIM_PG_DIAG_SQLSTATE).map(SQLState.init(rawValue:))
        // Without an SQLSTATE libpq itself speaks: the connection ended. So it does after what is fatal to the session.
        let severity = field(KUSHIM_PG_DIAG_SEVERITY)
        let kind: PostgresError.Kind =
            switch (sqlState, severity) {
            case (nil, _), (_, "FATAL"), (_, "PANIC"): .connectionLost
            case (.queryCanceled?, _): .timedOut
            default: .server
            }
        var error = PostgresError(
            kind, (message ?? fallback).onOneLine, sqlState: sqlState, hint: field(KUSHIM_PG_DIAG_MESSAGE_HINT))
        error.detail = field(KUSHIM_PG_DIAG_MESSAGE_DETAIL)
        error.constraint = field(KUSHIM_PG_DIAG_CONSTRAINT_NAME)
        error.table = field(KUSHIM_PG_DIAG_TABLE_NAME)
        error.column = field(KUSHIM_PG_DIAG_COLUMN_NAME)
        return error
    }

    /// What a command that returns no rows says it did, as in `COMMIT`, `INSERT 0 1`.
    var commandTag: String { unsafe String(cString: PQcmdStatus(pointer)) }

    private func field(_ code: Int32) -> String? {
        unsafe PQresultErrorField(pointer, code).map { unsafe String(cString: $0) }
    }
}

/// One row of a result that is still alive: `ResultHandle.rows` lends it for the time of one call.
@safe struct RowCells {
    private let result: OpaquePointer
    private let row: Int32

    @unsafe init(result: OpaquePointer, row: Int32) {
        unsafe self.result = result
        self.row = row
    }

    var columnCount: Int { unsafe Int(PQnfields(result)) }

    func name(_ column: Int) -> String {
        unsafe PQfname(result, Int32(column)).map { unsafe String(cString: $0) } ?? "\(column + 1)"
    }

    func value<Value: PostgresDecodable>(_ column: Int, as _: Value.Type) throws(PostgresError) -> Value {
        let column = Int32(column)
        guard unsafe PQgetisnull(result, row, column) == 0 else { return try Value.decodeNull() }
        let type = unsafe PostgresType(rawValue: PQftype(result, column))
        let bytes = unsafe UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
        let span = unsafe Span<UInt8>(_unsafeBytes: bytes)
        return try Value.decode(span, type)
    }
}
