extension Unicode.Scalar {
    /// White space; for ASCII without a look into Unicode's tables.
    var isSpace: Bool {
        value < 0x80 ? value == 0x20 || (0x09...0x0D).contains(value) : properties.isWhitespace
    }
}
