import Postgres

/// For the transaction it begins: walk the indexes, whatever the statistics say.
///
/// The queue's tables are empty one moment and full the next, and a plan is kept for as long as the connection lives; one made
/// while a table was empty would read all of it, dead rows included, on every claim.
struct PinPlans: Statement {
    static let sql = """
        SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
               set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true),
               set_config('jit', 'off', true)
        """
    var parameters: [any PostgresEncodable] { [] }
}
