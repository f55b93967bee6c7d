import Migrations

extension CheckCommand {
    /// What keeps inserts from being admitted: triggers that are disabled, and tables that the schema's functions may not use.
    func checkHindrances(_ configuration: Configuration, _ report: inout CheckReport) async {
        let migrator = Migrator(configuration.postgres, logger: .none)
        do {
            let (sleeping, strays) = try await DatabaseSession.with(configuration) {
                (try await migrator.sleepingTriggers(on: $0), try await migrator.strayOwners(on: $0))
            }
            tell(sleeping: sleeping, &report)
            tell(strays, &report)
        } catch {
            report.add("Triggers", .skipped("could not be looked at: \(error)"))
        }
    }

    private func tell(sleeping: [String], _ report: inout CheckReport) {
        guard let first = sleeping.first else { return }
        report.add(
            "Triggers",
            .problem(
                "\(sleeping.count) of the schema's triggers are disabled: a job that is inserted without them is not checked and gets "
                    + "no place in the queue; the first is enabled by: \(first)",
                remedy: "as the owner: kushim-jira migrate --repair enables them, and puts the jobs in their places",
                .configuration))
    }

    private func tell(_ strays: [StrayOwner], _ report: inout CheckReport) {
        guard let first = strays.first else { return }
        report.add(
            "Owner",
            .problem(
                "\(first.object) belongs to \(first.owner), and the rest of the schema to \(first.expected), whose functions therefore "
                    + "may not use it: inserts are refused",
                remedy: "as a superuser: " + strays.map(\.remedy).joined(separator: "; "), .configuration))
    }
}
