import Compliance
import Foundation

extension SLASettings {
    /// The time zone, if this host knows it; PostgreSQL, which reckons the due dates, may know others.
    ///
    /// All of Foundation is imported, which Yams links anyway: its essentials know no time zones.
    var timeZoneHere: TimeZone? { TimeZone(identifier: timeZone) }
}
