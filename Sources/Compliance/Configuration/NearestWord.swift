/// The word that somebody probably meant, or nil when none is near enough to be worth suggesting.
package func nearestWord(to typed: String, among words: some Sequence<String>) -> String? {
    let typed = typed.lowercased()
    let allowed = max(1, typed.count / 3)
    var best: (word: String, distance: Int)?
    for word in words {
        let distance = editDistance(Array(typed.utf8), Array(word.lowercased().utf8))
        guard distance <= allowed, distance < best?.distance ?? .max else { continue }
        best = (word, distance)
    }
    return best?.word
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours count one each.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for row in 1...left.count {
        var current = [row] + Array(repeating: 0, count: right.count)
        for column in 1...right.count {
            let substitution = left[row - 1] == right[column - 1] ? 0 : 1
            current[column] = min(
                previous[column] + 1, current[column - 1] + 1, previous[column - 1] + substitution)
            if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                current[column] = min(current[column], beforePrevious[column - 2] + 1)
            }
        }
        beforePrevious = previous
        previous = current
    }
    return previous[right.count]
}
