/// Text that is markup. What comes from data can only get in escaped: interpolating a string escapes
/// it, interpolating `HTML` does not.
///
/// ```swift
/// let name = "<Tom & \"Jerry\">"
/// let cell: HTML = "<td>\(name)</td>"  // <td>&lt;Tom &amp; &quot;Jerry&quot;&gt;</td>
/// ```
package struct HTML: ExpressibleByStringInterpolation, Equatable {
  /// The markup.
  package private(set) var text: String

  /// The literal as it stands: markup.
  package init(stringLiteral text: String) { self.text = text }

  package init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  /// Nothing.
  package static let none: HTML = ""

  package static func + (left: HTML, right: HTML) -> HTML { "\(left)\(right)" }
  package static func += (left: inout HTML, right: HTML) { left.text += right.text }

  /// `text` as the content of an element, with what stands between backticks as code.
  package static func prose(_ text: String) -> HTML {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    // One without its other half is a character like others.
    guard parts.count % 2 == 1 else { return "\(text)" }
    return parts.enumerated().reduce(.none) { html, part in
      let text = String(part.element)
      return html + (part.offset % 2 == 1 ? "<code>\(text)</code>" : "\(text)")
    }
  }

  /// `text` as the content of an element or the value of a quoted attribute.
  package static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      // A page with other control characters is not valid, and a name with one would be unreadable.
      case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// What is put between the literal parts.
  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity)
    }

    package mutating func appendLiteral(_ literal: String) { text += literal }
    package mutating func appendInterpolation(_ string: String) { text += HTML.escaped(string) }
    package mutating func appendInterpolation(_ html: HTML) { text += html.text }
    package mutating func appendInterpolation(_ html: HTML?) { text += html?.text ?? "" }
    package mutating func appendInterpolation(_ number: Int) { text += String(number) }
    package mutating func appendInterpolation(_ parts: [HTML]) {
      text += parts.lazy.map(\.text).joined(separator: "\n")
    }
  }
}
