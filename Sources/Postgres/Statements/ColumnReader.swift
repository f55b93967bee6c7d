/// Reads the columns of one row, from left to right. It cannot be kept: the row belongs to the result.
package struct ColumnReader: ~Copyable {
    private let cells: RowCells
    private var next = 0

    init(_ cells: RowCells) {
        self.cells = cells
    }

    /// - Throws: `PostgresError` (decoding) that names the column when it is missing, NULL or of another type.
    package mutating func next<Value: PostgresDecodable>(as type: Value.Type = Value.self) throws(PostgresError)
        -> Value
    {
        let column = next
        next += 1
        guard column < cells.columnCount else {
            throw PostgresError(.decoding, "the statement reads column \(column + 1) of \(cells.columnCount)")
        }
        do {
            return try cells.value(column, as: Value.self)
        } catch {
            var named = error
            named.message = "column \(cells.name(column)) \(error.message)"
            throw named
        }
    }
}
