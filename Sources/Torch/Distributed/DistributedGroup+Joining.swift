import CTorch
import Files
import Foundation

/// How the processes of a group find each other.
struct Meeting {
  let store: RendezvousStore
  /// A second connection to the store, for the heartbeat.
  let heartbeatStore: RendezvousStore
  /// The address or the interface of this machine that sums go over.
  let place: String
  let isInterface: Bool
  /// Whether this process keeps the store.
  let servesStore: Bool
  /// On how many of this machine's addresses the store listens: its own alone, or all.
  let listensEverywhere: Bool

  /// Goes where `rendezvous` says.
  /// - Throws: `DistributedError.unreachable` where the address or the port will not do, or nobody comes
  ///   within `timeout` seconds; what `interruption` throws.
  init(
    _ rendezvous: Rendezvous, timeout: Double, interruption: () throws -> Void,
    say: (String) -> Void
  ) throws {
    if let name = rendezvous.interface, if_nametoindex(name) == 0 {
      throw DistributedError.usage(
        "GLOO_SOCKET_IFNAME is \(name), and this machine has no such interface")
    }
    let (own, isHere) = try Self.ownAddress(towards: rendezvous, timeout, interruption)
    servesStore = rendezvous.rank == 0 && !rendezvous.isLaunchersStore
    // A machine's own name may mean its loopback address, where no other machine comes.
    func isLoopback(_ address: String) -> Bool {
      address.hasPrefix("127.") || address == "::1" || address == "localhost"
    }
    listensEverywhere =
      isLoopback(own) && !isLoopback(rendezvous.address) && rendezvous.size > rendezvous.localSize
    var descriptor: Int32?
    if servesStore {
      guard isHere else {
        throw DistributedError.unreachable(
          "MASTER_ADDR is \(rendezvous.address), which is no address of this machine, where process 0 runs"
        )
      }
      descriptor = try Self.listen(rendezvous, at: listensEverywhere ? nil : own)
    } else {
      try Self.awaitStore(rendezvous, timeout, interruption, say)
    }
    let host = servesStore ? (listensEverywhere ? "127.0.0.1" : own) : rendezvous.address
    func connect(_ descriptor: Int32? = nil) throws -> RendezvousStore {
      do {
        return try RendezvousStore(
          at: host, port: rendezvous.port, serving: descriptor, timeout: timeout,
          interruption: interruption)
      } catch let error as TorchError {
        throw DistributedError.unreachable(
          "\(rendezvous.place) answers, but not as the store of \(rendezvous.size) processes (another "
            + "program's port?): \(error.message.prefix(200))")
      }
    }
    store = try connect(descriptor)
    heartbeatStore = try connect()
    (place, isInterface) = rendezvous.interface.map { ($0, true) } ?? (own, false)
  }

  /// This machine's address. A name that is not known yet, as that of a pod which has not started, is waited for by
  /// all but process 0.
  private static func ownAddress(
    towards rendezvous: Rendezvous, _ timeout: Double, _ interruption: () throws -> Void
  ) throws -> (String, Bool) {
    let clock = Stopwatch()
    while true {
      var text = [CChar](repeating: 0, count: 128)
      var isOwn = false
      if ctorch_own_address(rendezvous.address, &text, Int32(text.count), &isOwn) == CTORCH_OK {
        let bytes = text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }
        return (String(decoding: bytes, as: UTF8.self), isOwn)
      }
      let reason = String(cString: ctorch_last_error())
      guard rendezvous.rank > 0, reason.contains("is known"), clock.seconds < min(timeout, 60)
      else { throw DistributedError.unreachable("MASTER_ADDR: \(reason)") }
      try interruption()
      usleep(200_000)
    }
  }

  private static func listen(_ rendezvous: Rendezvous, at address: String?) throws -> Int32 {
    var descriptor: Int32 = -1
    guard ctorch_listen(address, Int32(rendezvous.port), &descriptor) == CTORCH_OK else {
      throw DistributedError.unreachable(
        "cannot listen on \(rendezvous.place): \(String(cString: ctorch_last_error())); give the processes "
          + "another MASTER_PORT")
    }
    return descriptor
  }

  /// Waits until somebody listens there.
  private static func awaitStore(
    _ rendezvous: Rendezvous, _ timeout: Double, _ interruption: () throws -> Void,
    _ say: (String) -> Void
  ) throws {
    let clock = Stopwatch()
    var answers = false
    var hasSaid = false
    while true {
      try interruption()
      if clock.seconds > DistributedGroup.patience, !hasSaid {
        say("process \(rendezvous.rank) waits for process 0 at \(rendezvous.place)")
        hasSaid = true
      }
      guard ctorch_answers(rendezvous.address, Int32(rendezvous.port), 500, &answers) == CTORCH_OK
      else {
        throw DistributedError.unreachable("MASTER_ADDR: \(String(cString: ctorch_last_error()))")
      }
      if answers { return }
      guard clock.seconds < timeout else {
        throw DistributedError.unreachable(
          "nobody answered at \(rendezvous.place) for \(timeout.inSeconds): process 0 has not started "
            + "there, or MASTER_ADDR and MASTER_PORT are not its own")
      }
      usleep(100_000)
    }
  }
}

extension DistributedGroup {
  /// After how many seconds of waiting for the others to come that is said.
  static let patience = 5.0

  /// Finds the others of this start: a store that outlives them, torchrun's, still has the names of those that were
  /// there before. Process 0 draws a name for the round and tells it to each of this start that asks for it anew.
  /// - Throws: `DistributedError`, what `interruption` throws.
  func findRound(_ rendezvous: Rendezvous, _ say: (String) -> Void) throws -> String {
    try rank == 0 ? gatherRound(rendezvous, say) : enterRound(rendezvous)
  }

  private func gatherRound(_ rendezvous: Rendezvous, _ say: (String) -> Void) throws -> String {
    let prefix = rendezvous.prefix
    let round = "round-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    try onStore { try store.set("job", Data(rendezvous.jobAndStart.utf8)) }
    var answered: [Int: Data] = [:]
    var missing = Set(1..<size)
    let clock = Stopwatch()
    var hasSaid = false
    do {
      while !missing.isEmpty {
        for other in missing.sorted() {
          let hello = "\(prefix)hello/\(other)"
          if let asked = try onStore({ try store.get(hello) }), answered[other] != asked {
            answered[other] = asked
            let key = "\(prefix)answer/\(other)/\(String(decoding: asked, as: UTF8.self))"
            try onStore { try store.set(key, Data("\(round) \(size)".utf8)) }
          }
          if try onStore({ try store.get("\(round)/here/\(other)") }) != nil {
            missing.remove(other)
          }
        }
        if let end = try onStore({ try end(in: "\(round)/") }) { throw end }
        guard !missing.isEmpty else { break }
        try interruption()
        let names = missing.sorted().map(String.init).joined(separator: ", ")
        if clock.seconds > Self.patience, !hasSaid {
          say(
            "process 0 waits at \(rendezvous.place) for \(missing.count) of \(size) processes (\(names))"
          )
          hasSaid = true
        }
        guard clock.seconds < timeout else {
          throw DistributedError.lost(
            "process\(missing.count > 1 ? "es" : "") \(names) of \(size) did not come to \(rendezvous.place) "
              + "in \(timeout.inSeconds); \(Self.advice)")
        }
        usleep(20_000)
      }
    } catch {
      endEarly(round, because: error)
      throw error
    }
    try onStore { try store.set("\(round)/go", Data([1])) }
    return round
  }

  private func enterRound(_ rendezvous: Rendezvous) throws -> String {
    let prefix = rendezvous.prefix
    let clock = Stopwatch()
    func awaited(_ what: String) throws {
      try interruption()
      guard clock.seconds < timeout else {
        throw DistributedError.lost("\(what) in \(timeout.inSeconds); \(Self.advice)")
      }
      usleep(20_000)
    }
    if !rendezvous.isLaunchersStore {
      var job: Data?
      while job == nil {
        job = try onStore { try store.get("job") }
        if job == nil { try awaited("process 0 did not begin at \(rendezvous.place)") }
      }
      guard job == Data(rendezvous.jobAndStart.utf8) else {
        throw DistributedError.unreachable(
          "at \(rendezvous.place) another job meets, or another start of this one; end what is left over of it, or "
            + "give the processes of this one another MASTER_PORT"
        )
      }
    }
    let own = String(UInt64.random(in: 0 ... .max), radix: 36)
    let hello = "\(prefix)hello/\(rank)"
    try onStore { try store.set(hello, Data(own.utf8)) }
    let another = DistributedError.unreachable(
      "another process \(rank) has come to \(rendezvous.place), too: RANK must be each one's own, and another job "
        + "wants another MASTER_PORT")
    var round: String?
    do {
      while true {
        let answer = try onStore { try store.get("\(prefix)answer/\(rank)/\(own)") }
        let words = answer.map { String(decoding: $0, as: UTF8.self).split(separator: " ") }
        let told = words?.first.map(String.init)
        if let told, told != round {
          round = told
          if let theirs = words?.last.flatMap({ Int($0) }), theirs != size {
            throw DistributedError.usage(
              "process \(rank) counts \(size) processes and process 0 \(theirs): give all the same WORLD_SIZE"
            )
          }
          guard try onStore({ try store.claim("\(told)/here/\(rank)", Data(own.utf8)) }) else {
            throw another
          }
        }
        // Its question was overwritten.
        if round == nil, try onStore({ try store.get(hello) }) != Data(own.utf8) {
          throw another
        }
        if let round {
          if try onStore({ try store.get("\(round)/go") }) != nil { return round }
          if let end = try onStore({ try end(in: "\(round)/") }) { throw end }
        }
        // It answers nobody any more once all have come.
        try awaited(
          "process 0 did not answer (it is stopped, or another process \(rank) has come to "
            + "\(rendezvous.place) before this one: RANK must be each one's own)")
      }
    } catch let error as DistributedError where error == another {
      // The place is taken, and those who meet go on without this one.
      throw error
    } catch {
      if let round { endEarly(round, because: error) }
      throw error
    }
  }
}
