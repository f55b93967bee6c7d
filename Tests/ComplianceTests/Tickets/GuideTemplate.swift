/// The description template of the integration guide, step 5.2, as it stands there.
let guideTemplate = """
    ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
    🚨 Compliance Control Failed
    ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

    *Control ID:* {controlId}
    *Control Title:* {controlTitle}
    *SOC 2 Framework:* {framework}
    *Severity:* {severity}

    *Failure Reason:*
    {failureReason}

    *Evidence ID:* {evidenceId}
    *Detected:* {timestamp}

    *Required Actions:*
    1. Review failure details
    2. Implement remediation
    3. Re-run compliance check
    4. Verify resolution

    *Links:*
    • [View Evidence](https://app.kushim.io/evidence/{evidenceId})
    • [SOC 2 Control Details](https://app.kushim.io/controls/{controlId})

    _Auto-created by Kushim Compliance Platform_
    """
