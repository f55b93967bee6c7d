/// Files, environments and customers' settings with which the fuzzer starts.
enum ConfigurationSeeds {
    static let all = [
        file + "\0" + environment, file, "{tickets: {project: X}}\0" + dataCenter, patch, anchors + "\0" + keywords,
    ]

    private static let file = """
        log: {level: debug, format: json}
        worker: {concurrency: 64, lease: 30s, poll_interval: 5s, shutdown_grace: 25s, max_attempts: 25}
        http: {listen: "127.0.0.1:9464"}
        retention: {completed: 30d, discarded: 365d}
        jira:
          type: cloud
          settling_time: 2m
          request_timeout: 30s
        tickets:
          project: COMP
          issue_type: Task
          minimum_severity: medium
          summary: "[{controlId}] {controlTitle|none} - {severity|upper}"
          description: |
            *Control:* {controlId} `{resource}`
            1. [View Evidence](https://app.kushim.io/evidence/{evidenceId})
          labels: [compliance, "{framework}"]
          priorities: {critical: Highest, high: High}
          fields:
            customfield_10001: "{controlId}"
            customfield_10002: {option: "{framework}"}
            customfield_10003: {options: "{affectedSystems}"}
          disabled_controls: ["OKTA_*"]
          rules:
            - match: {integration: AWS, severity: [high, critical]}
              project: INFRA
              components: [Security]
          deduplication: {enabled: true, window: 24h, comment: daily}
          quiet_for: 90d
          per_hour: 100
        sla:
          due: {critical: 1d, high: 7d}
          alerts: ["75%", "24h", 0h]
        slack:
          channels: {critical: "https://hooks.slack.com/services/x"}
        recheck: {on_resolved: off}
        """

    private static let environment = """
        DATABASE_URL=postgresql://kushim:PASSWORD@db.example:5432/kushim?sslmode=require
        JIRA_DOMAIN=acme.atlassian.net
        JIRA_EMAIL=bot@acme.example
        JIRA_API_TOKEN=PASSWORD
        SLACK_WEBHOOK_URL=https://hooks.slack.com/services/PASSWORD
        HTTPS_PROXY=http://user:PASSWORD@proxy.example:3128
        NO_PROXY=localhost,.example
        KUSHIM_APP_URL=https://app.kushim.io
        """

    private static let dataCenter = """
        DATABASE_URL=host=/run/postgresql dbname=kushim password='PASSWORD'
        JIRA_BASE_URL=https://[2001:db8::1]:8443/jira/browse/X-1
        JIRA_TYPE=server
        JIRA_PAT=PASSWORD
        """

    private static let keywords = """
        DATABASE_URL=user=kushim password = PASSWORD@host dbname=x
        JIRA_DOMAIN=https://bot:pw@acme.atlassian.net/
        JIRA_CLOUD_ID=11111111-2222
        KUSHIM_ENCRYPTION_KEY=PASSWORD
        """

    private static let patch = """
        {"tickets": {"project": "X", "fields": {"customfield_1": {"option": "{framework}"}}, "rules": [{"match": \
        {"control": "A*"}, "labels": []}], "deduplication": {"window": "1h"}}, "sla": {"due": {"high": "3d"}, "alerts": \
        ["50%"]}, "slack": null, "recheck": {"on_resolved": false}}
        """

    private static let anchors = """
        a: &a [1, 2]
        tickets: {labels: *a, <<: {project: X}}
        sla:
        \t due: x
        """
}
