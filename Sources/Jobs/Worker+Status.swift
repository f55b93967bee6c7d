extension Worker {
    /// Runs under way.
    package var jobsInHand: Int { inHand.count }

    /// Whether the database takes this worker for alive, as far as it knows itself.
    package var isRegistered: Bool { registration.tenure?.stillHolds() ?? false }
}
