#include <ahoy/error/error.hpp>
#include <ahoy/error/unreadable.hpp>
#include <ahoy/socket/socket.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <exception>
#include <ostream>

namespace ahoy::inline v0 {
namespace {

using std::chrono::nanoseconds;
using clock = std::chrono::steady_clock;

constexpr nanoseconds longest = std::chrono::hours(24 * 365 * 100);  // keeps a deadline from overflowing

timespec to_timespec(nanoseconds duration) {
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {static_cast<std::time_t>(seconds.count()), static_cast<long>((duration - seconds).count())};
}

fd open_socket(family of, socket_type type, protocol kind) {
  fd made(::socket(static_cast<int>(of), static_cast<int>(type) | SOCK_CLOEXEC, kind.number()));
  if (made) return made;
  int cause = errno;
  auto protocol_text = kind.number() == 0 ? std::string() : to_string(kind) + " ";
  throw error(system_code(cause), "create",
              fmt::format("{} {} {}socket", to_string(of), to_string(type), protocol_text));
}

int int_option(int descriptor, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(descriptor, level, option, &value, &size) == 0) return value;
  throw error(system_code(errno), "ask", fmt::format("socket option {} of level {}", option, level));
}

// accept(2): what went wrong on the network before the call was taken is the caller's trouble, not the
// listener's.
bool is_callers_trouble(int cause) {
  constexpr std::array causes{ECONNABORTED, EPROTO,       ENETDOWN,    ENOPROTOOPT,
                              EHOSTDOWN,    EHOSTUNREACH, ENETUNREACH, ENONET};
  return std::ranges::find(causes, cause) != causes.end();
}

// Connected, or on the way: trying the next address would spoil it.
bool another_would_not_help(const error& failure) {
  return failure.code() == std::errc::operation_in_progress || failure.code() == std::errc::already_connected;
}

bool would_block(int cause) { return cause == EAGAIN || cause == EWOULDBLOCK; }

using name_call = int (*)(int, sockaddr*, socklen_t*);

address ask_name(int descriptor, name_call call, const char* what) {
  address name;
  auto size = address::capacity();
  if (call(descriptor, name.data(), &size) != 0) throw error(system_code(errno), "ask for", what);
  name.set_size(size);
  return name;
}

// Empty where there is no such half.
address name_or_none(int descriptor, name_call call) {
  address name;
  auto size = address::capacity();
  if (call(descriptor, name.data(), &size) != 0) return {};
  name.set_size(size);
  return name;
}

std::string half_text(const address& name) {
  bool unnamed = name.family() == family::local && name.host().empty();
  bool internet = name.family() == family::inet || name.family() == family::inet6;
  return unnamed || (internet && name.port() == 0) ? "-" : name.to_string();
}

std::string with_name(const address& peer, const std::string& name) {
  return name.empty() ? peer.to_string() : fmt::format("{} ({})", peer.to_string(), name);
}

}  // namespace

class socket::waiting {
 public:
  explicit waiting(std::optional<nanoseconds> timeout) : timeout_(timeout) {
    if (timeout_) end_ = clock::now() + std::min(*timeout_, longest);
  }
  // Whether a call that would block is to wait: on a blocking descriptor it has done so already.
  [[nodiscard]] bool allowed() const { return timeout_ && *timeout_ > nanoseconds::zero(); }
  // False when time ran out.
  [[nodiscard]] bool until_ready(int descriptor, short events) const {
    pollfd wanted{descriptor, events, 0};
    for (;;) {
      auto left = to_timespec(std::max(nanoseconds(end_ - clock::now()), nanoseconds::zero()));
      int ready = ::ppoll(&wanted, 1, timeout_ ? &left : nullptr, nullptr);
      if (ready >= 0) return ready > 0;
      if (errno != EINTR) throw error(system_code(errno), "wait for", "a socket");
    }
  }

 private:
  std::optional<nanoseconds> timeout_;
  clock::time_point end_;
};

socket::socket(ahoy::family of, socket_type type, ahoy::protocol kind)
    : fd_(open_socket(of, type, kind)), family_(of), type_(type) {
  set_usual_options();
}

socket::socket(fd owned)
    : fd_(std::move(owned)),
      family_(static_cast<ahoy::family>(int_option(fd_.get(), SOL_SOCKET, SO_DOMAIN))),
      type_(static_cast<socket_type>(int_option(fd_.get(), SOL_SOCKET, SO_TYPE))) {
  if (auto peer = name_or_none(fd_.get(), ::getpeername); peer.size() > 0) peer_ = peer.to_string();
}

// Best effort: a protocol that lacks one of them is none the worse.
void socket::set_usual_options() {
  constexpr int on = 1, off = 0;
  bool internet = family_ == family::inet || family_ == family::inet6;
  if (family_ == family::inet6) ::setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (!internet || type_ != socket_type::stream) return;
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void socket::fail(const char* verb, std::string where) const {
  throw error(system_code(errno), verb, std::move(where));
}

std::string socket::other_side() const {
  return peer_.empty() ? "socket " + half_text(name_or_none(fd_.get(), ::getsockname)) : peer_;
}

// One system call, again after a signal, and again after waiting as long as the timeout allows.
template <typename Call>
ssize_t socket::carry_out(const waiting& wait, short events, const char* verb, Call call) {
  for (;;) {
    auto result = call();
    if (result >= 0) return result;
    if (errno == EINTR) continue;
    if (!would_block(errno) || !wait.allowed()) fail(verb, other_side());
    if (wait.until_ready(fd_.get(), events)) continue;
    errno = ETIMEDOUT;
    fail(verb, other_side());
  }
}

void socket::bind(const host& name, const port& service) {
  bind(lookup(name, service, family_, type_, lookup_use::bind).front());
}

// On Linux the file that bind makes takes the mode of the socket's own inode, less the umask: no moment at
// which others could connect, and no change to the umask, which is the whole process'.
void socket::bind(const address& local) {
  if (family_ == family::local) ::fchmod(fd_.get(), S_IRUSR | S_IWUSR);
  if (::bind(fd_.get(), local.data(), local.size()) != 0) fail("bind", local.to_string());
}

void socket::listen(int backlog) {
  if (::listen(fd_.get(), backlog) != 0) fail("listen on", half_text(name_or_none(fd_.get(), ::getsockname)));
}

std::pair<socket, address> socket::accept() {
  waiting wait(timeout_);
  address peer;
  auto call = [&] {
    int made = -1;
    do {
      auto size = address::capacity();
      made = ::accept4(fd_.get(), peer.data(), &size, SOCK_CLOEXEC);
      peer.set_size(size);
    } while (made < 0 && is_callers_trouble(errno));
    return made;
  };
  fd made(static_cast<int>(carry_out(wait, POLLIN, "accept on", call)));
  return {socket(std::move(made)), peer};
}

void socket::connect(const host& name, const port& service) {
  auto addresses = lookup(name, service, family_, type_, lookup_use::connect);
  auto label = name.is_numeric() ? std::string() : name.text();
  waiting wait(timeout_);
  std::exception_ptr first;
  for (const auto& peer : addresses) {
    try {
      return connect_before(peer, label, wait);
    } catch (const error& failure) {
      if (another_would_not_help(failure)) throw;
      if (!first) first = std::current_exception();
    }
  }
  std::rethrow_exception(first);
}

void socket::connect(const address& peer) { connect_before(peer, {}, waiting(timeout_)); }

void socket::connect_before(const address& peer, const std::string& name, const waiting& wait) {
  auto former = std::exchange(peer_, with_name(peer, name));
  try {
    start_connect(peer, wait);
  } catch (const error& failure) {
    bool still_under_way = failure.code() == std::errc::operation_in_progress;
    if (failure.code() == std::errc::already_connected)
      peer_ = former;
    else if (!still_under_way)
      forget_peer();
    throw;
  }
}

void socket::start_connect(const address& peer, const waiting& wait) {
  bool waits_for_room = peer.family() == family::local && wait.allowed();
  if (waits_for_room) return connect_local(peer);
  if (::connect(fd_.get(), peer.data(), peer.size()) == 0) return;
  bool interrupted = errno == EINTR && !timeout_;  // the system goes on connecting: wait, do not call again
  if (interrupted || (errno == EINPROGRESS && wait.allowed())) return finish_connect(peer, wait);
  fail("connect to", peer_);
}

// Once it is settled, connect tells the outcome. It has to be asked: until then Linux would answer a later
// connect, to whomever, with this one's success.
void socket::finish_connect(const address& peer, const waiting& wait) {
  bool ready = wait.until_ready(fd_.get(), POLLOUT);
  if (ready && ::connect(fd_.get(), peer.data(), peer.size()) == 0) return;
  if (!ready) errno = ETIMEDOUT;
  if (errno != EISCONN) fail("connect to", peer_);  // EISCONN: a blocking descriptor has noted it already
}

// A listener whose queue is full says EAGAIN at once to a non-blocking caller, and poll cannot wait for room;
// a blocking caller waits in connect, for as long as SO_SNDTIMEO says.
void socket::connect_local(const address& peer) {
  auto left = to_timespec(std::min(*timeout_, longest));
  timeval limit{left.tv_sec, std::max<long>(left.tv_nsec / 1000, 1)};
  timeval none{};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  set_non_blocking(false);
  int result = ::connect(fd_.get(), peer.data(), peer.size());
  int cause = would_block(errno) ? ETIMEDOUT : errno;
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
  set_non_blocking(true);
  errno = cause;
  if (result != 0) fail("connect to", peer_);
}

// Ends an attempt that is still under way, so that the next address can be tried.
void socket::forget_peer() noexcept {
  peer_.clear();
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  static_cast<void>(::connect(fd_.get(), &nobody, sizeof nobody));
}

std::string socket::recv(std::size_t limit) {
  std::string bytes(limit, '\0');
  auto call = [&] { return ::recv(fd_.get(), bytes.data(), bytes.size(), 0); };
  bytes.resize(static_cast<std::size_t>(carry_out(waiting(timeout_), POLLIN, "receive from", call)));
  return bytes;
}

std::pair<std::string, address> socket::recvfrom(std::size_t limit) {
  std::pair<std::string, address> received(std::string(limit, '\0'), address());
  auto& [bytes, from] = received;
  auto call = [&] {
    auto size = address::capacity();
    auto count = ::recvfrom(fd_.get(), bytes.data(), bytes.size(), 0, from.data(), &size);
    from.set_size(count < 0 ? 0 : size);
    return count;
  };
  bytes.resize(static_cast<std::size_t>(carry_out(waiting(timeout_), POLLIN, "receive from", call)));
  return received;
}

std::size_t socket::send_some(std::string_view bytes, const waiting& wait) {
  auto call = [&] { return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); };
  return static_cast<std::size_t>(carry_out(wait, POLLOUT, "send to", call));
}

std::size_t socket::send(std::string_view bytes) { return send_some(bytes, waiting(timeout_)); }

void socket::sendall(std::string_view bytes) {
  waiting wait(timeout_);
  std::size_t taken = 0;
  try {
    do taken += send_some(bytes.substr(taken), wait);
    while (taken < bytes.size());
  } catch (const error& failure) {
    if (taken == 0) throw;
    throw error(failure.code(), failure.verb(),
                fmt::format("{} (after {} of {} bytes)", failure.address(), taken, bytes.size()),
                failure.hint());
  }
}

std::size_t socket::sendto(std::string_view bytes, const host& name, const port& service) {
  return sendto(bytes, lookup(name, service, family_, type_, lookup_use::connect).front());
}

std::size_t socket::sendto(std::string_view bytes, const address& receiver) {
  auto call = [&] {
    return ::sendto(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, receiver.data(), receiver.size());
  };
  try {
    return static_cast<std::size_t>(carry_out(waiting(timeout_), POLLOUT, "send to", call));
  } catch (const error& failure) {
    throw error(failure.code(), failure.verb(), receiver.to_string());
  }
}

void socket::shutdown(half which) {
  if (::shutdown(fd_.get(), static_cast<int>(which)) != 0) fail("shut down", other_side());
}

void socket::close() noexcept { fd_.reset(); }

void socket::set_non_blocking(bool on) {
  int flags = ::fcntl(fd_.get(), F_GETFL);
  int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (flags < 0 || ::fcntl(fd_.get(), F_SETFL, wanted) < 0) fail("set the timeout of", other_side());
}

void socket::settimeout(std::optional<nanoseconds> timeout) {
  if (timeout && *timeout < nanoseconds::zero())
    throw unreadable("timeout", fmt::format("{} ns", timeout->count()), "a timeout is 0 or more",
                     errc::out_of_range);
  set_non_blocking(timeout.has_value());
  timeout_ = timeout;
}

void socket::setsockopt(int level, int option, int value) {
  setsockopt(level, option, std::as_bytes(std::span(&value, 1)));
}

void socket::setsockopt(int level, int option, std::span<const std::byte> value) {
  auto size = static_cast<socklen_t>(value.size());
  if (::setsockopt(fd_.get(), level, option, value.data(), size) != 0)
    fail("set", fmt::format("socket option {} of level {}", option, level));
}

int socket::getsockopt(int level, int option) const { return int_option(fd_.get(), level, option); }

address socket::getsockname() const { return ask_name(fd_.get(), ::getsockname, "a socket's own address"); }

address socket::getpeername() const { return ask_name(fd_.get(), ::getpeername, "a socket's peer"); }

std::string socket::protocol_name() const {
  if (family_ == family::local) return "unix";
  int number = int_option(fd_.get(), SOL_SOCKET, SO_PROTOCOL);
  return number == 0 ? ahoy::to_string(family_) : ahoy::to_string(protocol(number));
}

std::string socket::to_string() const {
  if (!fd_) return "(closed)";
  return fmt::format("({}, {}, {})", protocol_name(), half_text(name_or_none(fd_.get(), ::getsockname)),
                     half_text(name_or_none(fd_.get(), ::getpeername)));
}

std::ostream& operator<<(std::ostream& out, const socket& value) { return out << value.to_string(); }

}  // namespace ahoy::inline v0
