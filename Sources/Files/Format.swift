import Foundation

/// Numbers as people read them.
public enum Format {
  /// With so many digits behind the point.
  public static func fixed(_ value: Double, _ digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : "-"
  }

  /// With so many significant digits.
  public static func significant(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)g", value)
  }

  /// A whole number with separators; one digit behind the point under ten.
  public static func count(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    if value < 10 { return fixed(value, 1) }
    return count(Int(value.rounded()))
  }

  /// A whole number with a comma before every third digit.
  public static func count(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var result = value < 0 ? "-" : ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// The first five names, and how many more there are: "a, b, c, d, e and 3 more".
  public static func few(_ names: some Collection<String>) -> String {
    let more = names.count > 5 ? " and \(count(names.count - 5)) more" : ""
    return names.prefix(5).joined(separator: ", ") + more
  }

  /// A number with leading zeros: 00042.
  public static func padded(_ value: Int, digits: Int) -> String {
    padded(String(value), digits: digits)
  }

  /// Digits with leading zeros, so many in all.
  public static func padded(_ text: String, digits: Int) -> String {
    String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// A word of a command as a shell takes it: in quotes where it holds more than plain characters.
  public static func shellWord(_ word: String) -> String {
    let isPlain = word.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0)
        || "-_./,:=@%+".unicodeScalars.contains($0)
    }
    return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
  }

  /// A name as a terminal may show it: control characters, which would move its cursor or begin a line, as
  /// `\x1B` and `\n`.
  public static func visible(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      switch scalar.value {
      case 0x0A: text += "\\n"
      case 0x0D: text += "\\r"
      case 0..<0x20, 0x7F..<0xA0:
        text += "\\x" + padded(String(scalar.value, radix: 16, uppercase: true), digits: 2)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// Hours, minutes and seconds: 1:02:03, or 0:07.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "-" }
    let all = Int(seconds.rounded())
    let tail = String(format: "%02d", all % 60)
    return all >= 3600
      ? "\(all / 3600):" + String(format: "%02d", all / 60 % 60) + ":\(tail)"
      : "\(all / 60):\(tail)"
  }

  /// A duration, or from two days on days.
  public static func period(_ seconds: Double) -> String {
    seconds >= 2 * 86_400 ? "\(count(seconds / 86_400)) days" : duration(seconds)
  }

  /// A line in pieces of at most `width` characters, broken between words; those after the first stand
  /// two columns further in than the line.
  public static func wrapped(_ line: String, to width: Int) -> [String] {
    guard line.count > width else { return [line] }
    let indent = String(repeating: " ", count: line.prefix { $0 == " " }.count + 2)
    var lines: [String] = []
    var open = String(line.prefix { $0 == " " })
    var isEmpty = true
    for word in line.split(separator: " ") {
      if !isEmpty, open.count + 1 + word.count > width {
        lines.append(open)
        (open, isEmpty) = (indent, true)
      }
      open += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [open]
  }

  /// Bytes in GiB, MiB or KiB.
  public static func bytes(_ count: Double) -> String {
    let units: [(Double, String)] = [(0x1p40, "TiB"), (0x1p30, "GiB"), (0x1p20, "MiB")]
    for (size, name) in units where count >= size {
      return "\(fixed(count / size, count / size < 10 ? 1 : 0)) \(name)"
    }
    return "\(fixed(count / 1024, 0)) KiB"
  }

  /// "1 class has", "3 classes have".
  public static func counted(_ count: Int, _ one: String, _ several: String) -> String {
    "\(self.count(count)) \(count == 1 ? one : several)"
  }
}
