extension String {
    /// Whether it leaves no mark on a page: white space, control characters, characters without width.
    ///
    /// By scalars, from the list of `kushim_jira.is_blank` in SQL: what the insert takes for a text must be one here.
    var isBlank: Bool {
        unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x00...0x20, 0x7F...0xA0, 0xAD, 0x1680, 0x180E, 0x2000...0x200F, 0x2028...0x202F, 0x205F...0x206F,
                0x3000, 0xFEFF:
                true
            default: false
            }
        }
    }
}
