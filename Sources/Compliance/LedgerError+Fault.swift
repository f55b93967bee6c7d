import Jobs

/// Without the row of this installation no failure of any customer can get its ticket.
extension LedgerError: ErrorOfTheDatabase {}
