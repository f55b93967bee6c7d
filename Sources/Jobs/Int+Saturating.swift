extension Int {
    /// The nearest whole number; of what is out of range the nearest that fits, of NaN 0.
    package init(saturating value: Double) {
        let whole = value.rounded()
        self = Int(exactly: whole) ?? (whole > 0 ? .max : whole < 0 ? .min : 0)
    }
}
