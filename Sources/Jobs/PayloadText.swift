/// How the payload of a job is read: never more of it than one statement can carry for many jobs.
enum PayloadText {
    /// In bytes. Twice what the insert admits: the daemon's own follow-ups carry a failure's payload and more.
    static let most = 2 << 20

    /// The text of `j.payload`, or NULL where it is longer, or nested too deep. What is stored in few bytes and not compressed is
    /// written out at once: at most some megabytes come of it.
    static let column = """
        CASE WHEN pg_column_size(j.payload) <= 2000 AND pg_column_compression(j.payload) IS NULL
                  AND octet_length(j.payload::text) <= \(most)
             THEN j.payload::text
             ELSE kushim_jira.payload_text(j.payload, \(most)) END
        """

    static let tooLarge =
        "payload: longer than 2 MiB as text, or nested deeper than 512; an older version admitted it, and it cannot be read"
}
