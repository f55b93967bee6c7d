package import Postgres

/// For the transaction it begins: walk the indexes, whatever the statistics say.
///
/// The queue's tables are empty one moment and full the next, and a plan is kept for as long as the connection lives; one made
/// while a table was empty would read all of it, dead rows included, on every claim.
package struct PinPlans: Statement {
    /// Rows of jobs in hand are in memory; what touches a few of them is not worth compiling, nor planning anew for each array.
    package static let settings = """
        set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('enable_material', 'off', true), set_config('random_page_cost', '1.1', true),
        set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
        """
    package static let sql = "SELECT \(settings)"
    package var parameters: [any PostgresEncodable] { [] }
}

/// The same, for a transaction that writes for several jobs: it waits for others' locks no longer than `limit`.
struct PinSettling: Statement {
    static let sql = "SELECT \(PinPlans.settings), set_config('lock_timeout', $1, true)"
    let limit: LockLimit

    var parameters: [any PostgresEncodable] { [limit.setting] }
}
