import Synchronization

/// One statement of a round trip, and where its rows go.
struct PipelineStep: Sendable {
    let sql: String
    let parameters: BoundParameters
    /// Under which it is prepared; nil is sent unnamed.
    let key: ObjectIdentifier?
    let read: @Sendable (borrowing ResultHandle) throws(PostgresError) -> Void
    private let rows: (any Sendable & AnyObject)?
    private let statement: (any Statement.Type)?

    /// For errors.
    var name: String { statement.map { $0.statementName } ?? sql }

    private final class Rows<S: Statement>: Sendable {
        let rows = Mutex<[S.Row]>([])
    }

    static func typed<S: Statement>(_ statement: S) -> PipelineStep {
        let box = Rows<S>()
        return PipelineStep(
            sql: S.sql, parameters: BoundParameters(statement.parameters),
            key: ObjectIdentifier(S.self),
            read: { (result) throws(PostgresError) in
                let rows = try result.rows(of: S.self)
                box.rows.withLock { $0 = rows }
            }, rows: box, statement: S.self)
    }

    static func erased(_ statement: any Statement) -> PipelineStep {
        func opened<S: Statement>(_ statement: S) -> PipelineStep { typed(statement) }
        return opened(statement)
    }

    static func list<each S: Statement>(_ statements: repeat each S) -> [PipelineStep] {
        var steps: [PipelineStep] = []
        for statement in repeat each statements { steps.append(.typed(statement)) }
        return steps
    }

    /// Our statements are written for READ COMMITTED, whatever the role's default is.
    static let begin = command("BEGIN ISOLATION LEVEL READ COMMITTED")
    var isBegin: Bool { statement == nil && sql == Self.begin.sql }

    /// ROLLBACK, and settings.
    static func command(_ sql: String) -> PipelineStep {
        PipelineStep(sql: sql, parameters: BoundParameters([]), key: nil, read: { _ in }, rows: nil, statement: nil)
    }

    /// COMMIT; the server answers that of a failed transaction with ROLLBACK and calls it no error.
    static let commit = PipelineStep(
        sql: "COMMIT", parameters: BoundParameters([]), key: nil,
        read: { (result) throws(PostgresError) in
            guard result.commandTag == "COMMIT" else {
                throw PostgresError(
                    .server, "the transaction was rolled back, since one of its statements had failed",
                    sqlState: .inFailedTransaction)
            }
        }, rows: nil, statement: nil)

    func rows<S: Statement>(of _: S.Type) -> [S.Row] {
        (rows as? Rows<S>)?.rows.withLock { $0 } ?? []
    }

    /// The rows of `list`'s steps.
    static func rows<each S: Statement>(
        of steps: [PipelineStep], _ statements: repeat each S
    ) -> (repeat [(each S).Row]) {
        var index = -1
        func rows<T: Statement>(_: T) -> [T.Row] {
            index += 1
            return steps[index].rows(of: T.self)
        }
        return (repeat rows(each statements))
    }
}
