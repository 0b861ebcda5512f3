// Addresses of this machine and of others, and sockets that listen.
#include "Distributed.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace {
struct Addresses {
  addrinfo *first = nullptr;

  Addresses(const char *host, int port, bool passive = false) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = passive ? AI_PASSIVE : 0;
    int code = getaddrinfo(host, std::to_string(port).c_str(), &hints, &first);
    if (code != 0)
      throw std::runtime_error(std::string("no address of ") + (host ? host : "this machine") +
                               " is known: " + gai_strerror(code));
  }
  ~Addresses() {
    if (first) freeaddrinfo(first);
  }
};

struct Socket {
  int descriptor;
  explicit Socket(const addrinfo *address, int type)
      : descriptor(socket(address->ai_family, type | SOCK_CLOEXEC, 0)) {
    if (descriptor < 0) throw std::runtime_error(std::string("no socket: ") + strerror(errno));
  }
  ~Socket() {
    if (descriptor >= 0) close(descriptor);
  }
  int release() {
    int own = descriptor;
    descriptor = -1;
    return own;
  }
};
} // namespace

int32_t ctorch_own_address(const char *host, char *address, int32_t capacity, bool *is_own) {
  return shim::guarded([&] {
    Addresses addresses(host, 9);
    std::string reason = "none of its addresses can be reached";
    for (auto *at = addresses.first; at; at = at->ai_next) {
      // A datagram socket that is connected has its own address, without a packet sent.
      Socket probe(at, SOCK_DGRAM);
      sockaddr_storage own{};
      socklen_t length = sizeof own;
      if (connect(probe.descriptor, at->ai_addr, at->ai_addrlen) != 0 ||
          getsockname(probe.descriptor, reinterpret_cast<sockaddr *>(&own), &length) != 0) {
        reason = strerror(errno);
        continue;
      }
      char there[NI_MAXHOST];
      if (getnameinfo(reinterpret_cast<sockaddr *>(&own), length, address, capacity, nullptr, 0,
                      NI_NUMERICHOST) != 0 ||
          getnameinfo(at->ai_addr, at->ai_addrlen, there, sizeof there, nullptr, 0,
                      NI_NUMERICHOST) != 0)
        continue;
      *is_own = std::strcmp(address, there) == 0 || std::strncmp(there, "127.", 4) == 0;
      // 127.0.1.1, which Debian gives a machine's own name, is reached from 127.0.0.1.
      if (*is_own) std::snprintf(address, capacity, "%s", there);
      return;
    }
    throw std::runtime_error(std::string(host) + " cannot be reached: " + reason);
  });
}

int32_t ctorch_listen(const char *host, int32_t port, int32_t *descriptor) {
  return shim::guarded([&] {
    Addresses addresses(host, port, true);
    Socket listening(addresses.first, SOCK_STREAM);
    int yes = 1;
    setsockopt(listening.descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening.descriptor, addresses.first->ai_addr, addresses.first->ai_addrlen) != 0 ||
        listen(listening.descriptor, 4096) != 0)
      throw std::runtime_error(strerror(errno));
    *descriptor = listening.release();
  });
}

int32_t ctorch_answers(const char *host, int32_t port, int64_t timeout_ms, bool *out) {
  *out = false;
  return shim::guarded([&] {
    Addresses addresses(host, port);
    for (auto *at = addresses.first; at && !*out; at = at->ai_next) {
      Socket probe(at, SOCK_STREAM | SOCK_NONBLOCK);
      if (connect(probe.descriptor, at->ai_addr, at->ai_addrlen) == 0) {
        *out = true;
        continue;
      }
      if (errno != EINPROGRESS) continue;
      pollfd waiting{probe.descriptor, POLLOUT, 0};
      int error = 0;
      socklen_t length = sizeof error;
      *out = poll(&waiting, 1, static_cast<int>(timeout_ms)) == 1 &&
             getsockopt(probe.descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
    }
  });
}
