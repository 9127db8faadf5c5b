import Foundation

/// Columns as wide as their widest cell; the columns of `left` to the left, the others, of numbers, to the right.
func table(_ rows: [[String]], left: Set<Int>) -> [String] {
    let columns = rows.first?.count ?? 0
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
        row.indices.map { column in
            let space = String(repeating: " ", count: widths[column] - row[column].count)
            return left.contains(column) ? row[column] + space : space + row[column]
        }
        .joined(separator: "  ")
    }
}

func decimal(_ value: Double?, _ digits: Int) -> String {
    value.map { String(format: "%.\(digits)f", $0) } ?? "-"
}

func percent(_ fraction: Double?) -> String {
    fraction.map { "\(decimal($0 * 100, 0)) %" } ?? "-"
}

func mebibytes(_ kibibytes: Int?) -> String {
    decimal(kibibytes.map { Double($0) / 1024 }, 1)
}
