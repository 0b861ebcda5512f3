import Foundation

/// The pictures that a stream has passed and that somebody may still ask for.
///
/// Loaders' threads take runs of samples, so the stream is driven on by whoever asks for the furthest
/// one, and the others find theirs here. Pictures that were asked for once are given up first: giving up
/// one that nobody has had yet makes its reader begin the stream again.
struct PassedImages {
  private var pictures: [Int: Data] = [:]
  private var asked: [Int] = []
  private var unasked: [Int] = []
  private var askedBytes = 0
  private var unaskedBytes = 0
  private let most: Int
  private let mostAskedBytes: Int
  private let mostUnaskedBytes: Int

  /// Keeps at most `most` pictures and so many bytes of those that were and were not asked for; the
  /// last one of each always.
  init(most: Int = 512, mostAskedBytes: Int = 8 << 20, mostUnaskedBytes: Int = 256 << 20) {
    self.most = most
    self.mostAskedBytes = mostAskedBytes
    self.mostUnaskedBytes = mostUnaskedBytes
  }

  /// How many pictures are kept.
  var count: Int { pictures.count }

  /// The picture of `sample`, if it is here.
  mutating func picture(of sample: Int) -> Data? {
    guard let data = pictures[sample] else { return nil }
    if let position = unasked.firstIndex(of: sample) {
      unasked.remove(at: position)
      unaskedBytes -= data.count
      asked.append(sample)
      askedBytes += data.count
      dropAsked()
    }
    return data
  }

  /// Keeps the picture of `sample`, which was or was not asked for.
  /// - Complexity: O(most).
  mutating func keep(_ data: Data, of sample: Int, isAsked: Bool) {
    guard pictures.updateValue(data, forKey: sample) == nil else { return }
    if isAsked {
      asked.append(sample)
      askedBytes += data.count
    } else {
      unasked.append(sample)
      unaskedBytes += data.count
    }
    dropAsked()
    while unasked.count > 1, unaskedBytes > mostUnaskedBytes || unasked.count > most {
      let sample = unasked.removeFirst()
      unaskedBytes -= pictures.removeValue(forKey: sample)?.count ?? 0
    }
  }

  private mutating func dropAsked() {
    while asked.count > 1, askedBytes > mostAskedBytes || asked.count > most {
      let sample = asked.removeFirst()
      askedBytes -= pictures.removeValue(forKey: sample)?.count ?? 0
    }
  }
}
