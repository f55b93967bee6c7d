extension TicketSettings {
    /// The description template of the integration guide (step 5.2), with two of its places filled in: what a payload may
    /// lack reads "n/a", and the affected systems, which the guide has as a variable only, are listed.
    package static let guidesDescription = """
        ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
        🚨 Compliance Control Failed
        ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

        *Control ID:* {controlId}
        *Control Title:* {controlTitle}
        *SOC 2 Framework:* {framework|n/a}
        *Severity:* {severity}

        *Failure Reason:*
        {failureReason}

        *Affected Systems:*
        {affectedSystems|n/a}

        *Evidence ID:* {evidenceId|n/a}
        *Detected:* {timestamp}

        *Required Actions:*
        1. Review failure details
        2. Implement remediation
        3. Re-run compliance check
        4. Verify resolution

        *Links:*
        • [View Evidence]({evidenceUrl})
        • [SOC 2 Control Details]({appUrl}/controls/{controlId})

        _Auto-created by Kushim Compliance Platform_
        """

    /// Without the emoji, which takes four bytes: a MySQL with the character set `utf8` has three.
    static var guidesDescriptionForDataCenter: String { guidesDescription.replacing("🚨 ", with: "") }
}
