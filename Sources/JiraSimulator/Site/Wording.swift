/// What Jira says. Real Jira words its errors in the language of the user's profile, so a client must not read them.
struct Wording: Sendable {
    var language: SimulatedJira.Language
    var mode: SimulatedJira.Mode

    private func pick(_ english: String, _ german: String) -> String { language == .english ? english : german }

    var summaryMissing: String {
        pick("You must specify a summary of the issue.", "Sie müssen eine Zusammenfassung des Vorgangs angeben.")
    }
    var summaryTooLong: String {
        mode == .cloud
            ? pick("Summary can't exceed 255 characters.", "Die Zusammenfassung darf 255 Zeichen nicht überschreiten.")
            : pick("Summary must be less than 255 characters.", "Zusammenfassung muss kürzer als 255 Zeichen sein.")
    }
    var summaryHasNewline: String {
        pick(
            "The summary is invalid because it contains newline characters.",
            "Die Zusammenfassung ist ungültig, da sie Zeilenumbrüche enthält.")
    }
    func textTooLong(_ limit: Int) -> String {
        let digits = limit >= 1000 ? "\(limit / 1000),\(String(limit % 1000 + 1000).dropFirst())" : "\(limit)"
        return pick(
            "The entered text is too long. It exceeds the allowed limit of \(digits) characters.",
            "Der eingegebene Text ist zu lang. Er überschreitet die zulässige Grenze von \(digits) Zeichen.")
    }
    var mustBeADF: String {
        pick(
            "Operation value must be an Atlassian Document (see the Atlassian Document Format)",
            "Der Wert muss ein Atlassian-Dokument sein (siehe Atlassian Document Format)")
    }
    var mustBeString: String {
        pick("Operation value must be a string", "Der Wert der Operation muss eine Zeichenfolge sein")
    }
    func labelHasSpace(_ label: String) -> String {
        pick(
            "The label '\(label)' contains spaces which is invalid.",
            "Das Stichwort '\(label)' enthält Leerzeichen und ist deshalb ungültig.")
    }
    func labelTooLong(_ label: String) -> String {
        pick(
            "The label '\(label)' exceeds the maximum length for labels of 255 characters.",
            "Das Stichwort '\(label)' überschreitet die maximale Länge von 255 Zeichen.")
    }
    func cannotBeSet(_ field: String) -> String {
        pick(
            "Field '\(field)' cannot be set. It is not on the appropriate screen, or unknown.",
            "Das Feld '\(field)' kann nicht gesetzt werden. Es ist nicht auf dem richtigen Bildschirm oder unbekannt.")
    }
    func required(_ name: String) -> String { pick("\(name) is required.", "\(name) ist erforderlich.") }
    var projectRequired: String { pick("project is required", "Projekt ist erforderlich") }
    var projectInvalid: String { pick("valid project is required", "Ein gültiges Projekt ist erforderlich") }
    var issueTypeRequired: String {
        mode == .cloud
            ? pick("Specify an issue type", "Geben Sie einen Vorgangstyp an")
            : pick("issue type is required", "Vorgangstyp ist erforderlich")
    }
    var issueTypeInvalid: String {
        mode == .cloud
            ? pick("Specify a valid issue type", "Geben Sie einen gültigen Vorgangstyp an")
            : pick("The issue type selected is invalid.", "Der ausgewählte Vorgangstyp ist ungültig.")
    }
    var priorityInvalid: String {
        pick("The priority selected is invalid.", "Die ausgewählte Priorität ist ungültig.")
    }
    func componentInvalid(_ name: String) -> String {
        pick("Component name '\(name)' is not valid", "Der Komponentenname '\(name)' ist nicht gültig")
    }
    func versionInvalid(_ name: String) -> String {
        pick("Version name '\(name)' is not valid", "Der Versionsname '\(name)' ist nicht gültig")
    }
    func userInvalid(_ name: String) -> String {
        pick("User '\(name)' does not exist.", "Der Benutzer '\(name)' existiert nicht.")
    }
    func notAssignable(_ name: String) -> String {
        pick(
            "User '\(name)' cannot be assigned issues.",
            "Dem Benutzer '\(name)' können keine Vorgänge zugewiesen werden.")
    }
    var dateInvalid: String {
        mode == .cloud
            ? pick(
                "Operation value must be a string in the format \"yyyy-MM-dd\"",
                "Datum im Format \"yyyy-MM-dd\" angeben")
            : pick("Error parsing date string, expected format: yyyy-MM-dd", "Datum im Format yyyy-MM-dd erwartet")
    }
    var dateTimeInvalid: String {
        pick(
            "Operation value must be a date and time in the format \"yyyy-MM-dd'T'HH:mm:ss.SSSZ\"",
            "Zeitpunkt im Format \"yyyy-MM-dd'T'HH:mm:ss.SSSZ\" erwartet")
    }
    func optionInvalid(_ value: String) -> String {
        pick("Option value '\(value)' is not valid", "Der Optionswert '\(value)' ist nicht gültig")
    }
    func mustBe(_ shape: String) -> String {
        pick("Operation value must be \(shape)", "Der Wert der Operation ist falsch; erwartet: \(shape)")
    }
    var urlInvalid: String {
        pick(
            "The URL is not valid. It must be an absolute URL with a protocol.",
            "Die URL ist ungültig. Erwartet wird eine absolute URL mit Protokoll.")
    }
    var parentRequired: String {
        pick(
            "Issue type is a sub-task but parent issue key or id not specified.",
            "Unteraufgabe ohne übergeordneten Vorgang.")
    }
    func parentOfNoSubtask(_ typeID: String) -> String {
        pick(
            "Issue type \(typeID) is not a sub-task but a parent is specified.",
            "Der Vorgangstyp \(typeID) ist keine Unteraufgabe, hat aber einen übergeordneten Vorgang.")
    }
    var parentElsewhere: String {
        pick(
            "Issues with this Issue Type must be created in the same project as the parent.",
            "Vorgänge dieses Typs müssen im Projekt des übergeordneten Vorgangs erstellt werden.")
    }
    var parentOfOtherLevel: String {
        pick(
            "Given parent work item does not belong to appropriate hierarchy.",
            "Der übergeordnete Vorgang gehört nicht zur passenden Hierarchie.")
    }
    var parentInvalid: String {
        pick("Could not find issue by id or key.", "Der übergeordnete Vorgang wurde nicht gefunden.")
    }
    /// On Cloud, to whom it does not know.
    var projectUnknown: String {
        pick("Specify a valid project ID or key", "Geben Sie eine gültige Projekt-ID oder einen Schlüssel an")
    }
    var noSuchIssue: String {
        if mode == .dataCenter { return pick("Issue Does Not Exist", "Vorgang existiert nicht") }
        return pick(
            "Issue does not exist or you do not have permission to see it.",
            "Der Vorgang existiert nicht oder Sie dürfen ihn nicht sehen.")
    }
    func noSuchProject(_ key: String) -> String {
        pick(
            "No project could be found with key '\(key)'.", "Es wurde kein Projekt mit dem Schlüssel '\(key)' gefunden."
        )
    }
    func noSuchValue(_ value: String, field: String) -> String {
        pick(
            "The value '\(value)' does not exist for the field '\(field)'.",
            "Der Wert '\(value)' existiert nicht für das Feld '\(field)'.")
    }
    func hiddenFromAnonymous(_ value: String, field: String) -> String {
        pick(
            "A value with ID '\(value)' does not exist for the field '\(field)' or cannot be viewed by anonymous users.",
            "Ein Wert '\(value)' existiert für das Feld '\(field)' nicht oder ist für anonyme Benutzer nicht sichtbar.")
    }
    func noSuchIssueInQuery(_ key: String, field: String) -> String {
        pick(
            "An issue with key '\(key)' does not exist for field '\(field)'.",
            "Ein Vorgang mit dem Schlüssel '\(key)' existiert nicht für das Feld '\(field)'.")
    }
    func noSuchQueryField(_ field: String) -> String {
        pick(
            "Field '\(field)' does not exist or you do not have permission to view it.",
            "Das Feld '\(field)' existiert nicht oder Sie dürfen es nicht sehen.")
    }
    func textNotUnderstood(_ text: String, field: String) -> String {
        pick(
            "Unable to parse the text '\(text)' for field '\(field)'.",
            "Der Text '\(text)' für das Feld '\(field)' kann nicht gelesen werden.")
    }
    func operatorNotSupported(_ sign: String, field: String) -> String {
        pick(
            "The operator '\(sign)' is not supported by the '\(field)' field.",
            "Der Operator '\(sign)' wird vom Feld '\(field)' nicht unterstützt.")
    }
    func queryMalformed(_ detail: String) -> String {
        pick("Error in the JQL Query: \(detail)", "Fehler in der JQL-Abfrage: \(detail)")
    }
    var queryUnbounded: String {
        pick(
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
            "Unbegrenzte JQL-Abfragen sind hier nicht erlaubt. Bitte grenzen Sie die Abfrage ein.")
    }
    var commentEmpty: String { pick("Comment body can not be empty!", "Der Kommentar darf nicht leer sein!") }
    var commentInvalid: String { pick("Comment body is not valid!", "Der Kommentar ist ungültig!") }
    var commentForbidden: String {
        pick(
            "You do not have the permission to comment on this issue.",
            "Sie haben keine Berechtigung, diesen Vorgang zu kommentieren.")
    }
    var payloadInvalid: String {
        pick(
            "Invalid request payload. Refer to the REST API documentation and try again.",
            "Ungültiger Inhalt der Anfrage. Lesen Sie die Dokumentation der REST-API.")
    }
    var mustSignIn: String { "Client must be authenticated to access this resource." }
}
