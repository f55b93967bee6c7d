extension Duration {
    /// For `make_interval(secs => ...)` and for metrics, which both take fractions of a second.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
