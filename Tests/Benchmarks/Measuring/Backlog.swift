import TestSupport

/// Jobs that wait before the clock runs: the same rows in our queue and in a plain table.
enum Backlog {
    /// Of the job with the number `n`.
    static let payload = """
        jsonb_build_object('controlId', 'CONTROL_' || n, 'controlTitle', 'Control', 'severity', 'high',
                           'failureReason', repeat('x', 60), 'affectedSystems', jsonb_build_array('one', 'two'))
        """

    /// - Parameter customers: who have the same number of jobs each, in turn.
    static func fill(_ queue: BenchDatabase, jobs: Int, customers: Int) async throws {
        try await queue.run(
            """
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
            SELECT '\(WorkerProcess.kind)', 'customer-' || n % \(customers), \(payload) FROM generate_series(1, \(jobs)) n
            """)
        try await queue.settle()
    }

    static func fillPlainTable(_ reference: BenchDatabase, jobs: Int, customers: Int) async throws {
        try await reference.run(
            """
            INSERT INTO public.plain_jobs (kind, customer_id, payload)
            SELECT '\(WorkerProcess.kind)', 'customer-' || n % \(customers), \(payload) FROM generate_series(1, \(jobs)) n
            """)
        try await reference.settle()
    }

    /// With the columns of ours, and a state, since it has no other place to tell it.
    static func makePlainTable(_ reference: BenchDatabase) async throws {
        try await reference.run(
            """
            CREATE TABLE public.plain_jobs (
                id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                kind        text        NOT NULL,
                customer_id text        NOT NULL DEFAULT 'default',
                payload     jsonb       NOT NULL,
                run_at      timestamptz NOT NULL DEFAULT now(),
                priority    smallint    NOT NULL DEFAULT 0,
                unique_key  text,
                created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
                state       text        NOT NULL DEFAULT 'available',
                attempt     integer     NOT NULL DEFAULT 0,
                claimed_at  timestamptz,
                finished_at timestamptz
            );
            CREATE INDEX plain_jobs_in_order ON public.plain_jobs (priority, id) WHERE state = 'available'
            """)
    }

    /// Every customer gets a cap that binds nobody but has to be looked at.
    /// - Returns: whether this schema has caps.
    static func capCustomers(_ queue: BenchDatabase, customers: Int, atOnce: Int) async throws -> Bool {
        guard try await supportsCaps(queue) else { return false }
        try await queue.run(
            """
            INSERT INTO kushim_jira.customer_limits (customer_id, at_once)
            SELECT 'customer-' || n, \(atOnce) FROM generate_series(0, \(customers - 1)) n
            """)
        return true
    }

    static func supportsCaps(_ queue: BenchDatabase) async throws -> Bool {
        try await queue.text("SELECT to_regclass('kushim_jira.customer_limits')") != ""
    }

    /// What is left unfinished, by the contract's view.
    static func unfinished(_ queue: BenchDatabase) async throws -> Int {
        Int(
            try await queue.number(
                "SELECT count(*) FROM kushim_jira.job_status WHERE state IN ('available', 'running')"))
    }

    /// Looks seldom, since the look costs what is being measured.
    static func waitUntilFinished(_ queue: BenchDatabase) async throws {
        try await eventually(within: .seconds(300), "all jobs have run") {
            if try await unfinished(queue) == 0 { return true }
            try await Task.sleep(for: .milliseconds(300))
            return false
        }
    }
}
