/// The settings that say where a Jira is: those that an operator has to change if it is elsewhere.
package struct AddressSettings: Sendable, Hashable {
    /// `JIRA_BASE_URL`, or `JIRA_DOMAIN` where that decides.
    package var site: String
    /// What names the cloud id of the gateway.
    package var cloudID: String

    package init(site: String = "JIRA_BASE_URL", cloudID: String = "JIRA_CLOUD_ID") {
        self.site = site
        self.cloudID = cloudID
    }
}
