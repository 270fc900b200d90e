#include <ahoy/error/error.hpp>
#include <ahoy/server/backoff.hpp>
#include <ahoy/server/wire.hpp>

#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <span>
#include <type_traits>

namespace ahoy::inline v0 {

namespace {

constexpr timespec pause_without_memory{0, 10'000'000};

/// Of a record that may be received without allocating for it: longer are lines of the log, and data.
constexpr std::size_t common_size = 512;

constexpr std::size_t most_text = std::size_t{64} * 1024;
/// More than any record holds: a datagram, a label, a line of the log.
constexpr std::size_t record_size = most_text + 4096;

struct order_head {
  order_kind what;
  std::uint8_t mark;
  bool is_secure;
  std::uint32_t label_size;
  std::uint64_t job;
  duration timeout, patience;
  time_point agreed_by;
  address remote, local;
};

struct report_head {
  report_kind what;
  log_level level;
  std::uint64_t job;
};
static_assert(std::is_trivially_copyable_v<order_head> && std::is_trivially_copyable_v<report_head>);

/// A message of parts, and the descriptors that go with it.
ssize_t send_record(int wire, std::span<iovec> parts, std::span<const int> descriptors, int flags) noexcept {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> room{};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  if (!descriptors.empty()) {
    message.msg_control = room.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(control), descriptors.data(), descriptors.size_bytes());
  }
  return ::sendmsg(wire, &message, flags | MSG_NOSIGNAL);
}

struct record {
  std::string bytes;
  std::array<fd, 2> descriptors;
};

void take_descriptors(msghdr& message, record& into) noexcept {
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = std::min((each->cmsg_len - CMSG_LEN(0)) / sizeof(int), into.descriptors.size());
    std::array<int, 2> numbers{};
    std::memcpy(numbers.data(), CMSG_DATA(each), count * sizeof(int));
    for (std::size_t i = 0; i < count; ++i) into.descriptors[i].reset(numbers[i]);
  }
}

/// As recvmsg(2): 0 at the end of the wire.
ssize_t receive_record(int wire, record& into) {
  char bytes[record_size];
  alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> room{};
  iovec part{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  into.bytes.reserve(common_size);  // what is received is gone: memory may not run out after that
  ssize_t got = 0;
  do got = ::recvmsg(wire, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) return got;
  take_descriptors(message, into);
  into.bytes.assign(bytes, static_cast<std::size_t>(got));
  return got;
}

template <class Head>
Head head_of(const record& from) noexcept {
  Head head;
  std::memcpy(&head, from.bytes.data(), sizeof head);
  return head;
}

std::optional<order> order_in(record& from) {
  if (from.bytes.size() < sizeof(order_head)) return std::nullopt;
  const auto head = head_of<order_head>(from);
  order next;
  next.what = head.what;
  next.job = head.job;
  next.remote = head.remote;
  next.local = head.local;
  next.mark = head.mark;
  next.is_secure = head.is_secure;
  next.timeout = head.timeout;
  next.agreed_by = head.agreed_by;
  next.patience = head.patience;
  next.label = from.bytes.substr(sizeof head, head.label_size);
  next.data = from.bytes.substr(sizeof head + head.label_size);
  next.first = std::move(from.descriptors[0]);
  next.second = std::move(from.descriptors[1]);
  return next;
}

/// Takes its text without a copy: a report that is lost would be waited for.
std::optional<report> report_in(record& from) {
  if (from.bytes.size() < sizeof(report_head)) return std::nullopt;
  const auto head = head_of<report_head>(from);
  report next;
  next.what = head.what;
  next.level = head.level;
  next.job = head.job;
  next.text = std::move(from.bytes);
  next.text.erase(0, sizeof head);
  return next;
}

report told_by_the_system() {
  report unread;
  unread.what = report_kind::unread;
  return unread;
}

iovec part(const void* data, std::size_t size) noexcept { return {const_cast<void*>(data), size}; }

}  // namespace

std::pair<fd, fd> open_wire() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw error{system_code(errno), "start", "a worker"};
  return {fd{ends[0]}, fd{ends[1]}};
}

task<> send_order(descriptor& wire, const order& what) {
  const order_head head{
      what.what,   what.mark,    what.is_secure, static_cast<std::uint32_t>(what.label.size()),
      what.job,    what.timeout, what.patience,  what.agreed_by,
      what.remote, what.local};
  const std::string& label = what.label;
  iovec parts[] = {part(&head, sizeof head), part(label.data(), label.size()),
                   part(what.data.data(), what.data.size())};
  const int numbers[] = {what.lent, what.second.get()};
  const std::size_t count = what.second ? 2 : what.lent >= 0 ? 1 : 0;
  while (send_record(wire.number(), parts, std::span{numbers}.first(count), MSG_DONTWAIT) < 0) {
    if (errno != EAGAIN && errno != EINTR) throw error{system_code(errno), "tell", "a worker"};
    co_await wire.engine().ready(wire, POLLOUT);
  }
}

namespace {

/// As receive_record(), when there is something, but for errors: -ECONNRESET. The engine is asked first each
/// time, and so lets others have their turn where the other end never stops.
task<ssize_t> await_record(descriptor& wire, record& into) {
  for (;;) {
    co_await wire.engine().ready_unhurried(wire, POLLIN);
    const ssize_t got = receive_record(wire.number(), into);
    const int why = got < 0 ? errno : 0;
    const bool may_pass = why == ENOMEM || why == ENOBUFS;
    if (may_pass) co_await backoff{wire.engine()};
    if (!may_pass && why != EAGAIN) co_return why == 0 ? got : -why;
  }
}

void send_report(int wire, const report_head& head, std::string_view text) noexcept {
  iovec parts[] = {part(&head, sizeof head), part(text.data(), std::min(text.size(), most_text))};
  while (send_record(wire, parts, {}, 0) < 0) {
    if (errno == ENOBUFS || errno == ENOMEM)
      ::nanosleep(&pause_without_memory,
                  nullptr);  // an end that nobody is told of would be waited for for ever
    else if (errno != EINTR)
      return;
  }
}

}  // namespace

/// The wire ends where it breaks, too: the other end has died either way.
task<std::optional<order>> receive_order(descriptor& wire) {
  record next;
  const ssize_t got = co_await await_record(wire, next);
  if (got <= 0) co_return std::nullopt;
  co_return order_in(next);
}

void report_line(int wire, log_level level, std::string_view line) noexcept {
  send_report(wire, {report_kind::logged, level, 0}, line);
}

void report_end(int wire, report_kind how, std::uint64_t job, std::string_view why) noexcept {
  send_report(wire, {how, log_level::notice, job}, why);
}

/// unix(7): who closes its end with something unread in it resets the connection. That is told once, and
/// before what the worker had sent.
task<std::optional<report>> receive_report(descriptor& wire) {
  record next;
  const ssize_t got = co_await await_record(wire, next);
  if (got == -ECONNRESET) co_return told_by_the_system();
  if (got <= 0) co_return std::nullopt;
  co_return report_in(next);
}

/// SIOCINQ tells how many bytes of records there are: those that come meanwhile are not waited for.
std::vector<report> reports_there(descriptor& wire) {
  std::vector<report> all;
  int left = 0;
  ::ioctl(wire.number(), SIOCINQ, &left);
  while (left > 0) {
    record next;
    const ssize_t got = receive_record(wire.number(), next);
    if (got <= 0) break;
    left -= static_cast<int>(got);
    std::optional<report> one = report_in(next);
    if (one) all.push_back(std::move(*one));
  }
  return all;
}

namespace {

constexpr std::uint64_t finish_rung = 1;  // of each at most 2^32 - 1 are told before they are heard
constexpr std::uint64_t cut_rung = std::uint64_t{1} << 32;

}  // namespace

fd open_bell() {
  fd bell{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!bell) throw error{system_code(errno), "start", "a worker"};
  return bell;
}

void ring(int bell, order_kind what) noexcept {
  const std::uint64_t sound = what == order_kind::cut ? cut_rung : finish_rung;
  [[maybe_unused]] const ssize_t written = ::write(bell, &sound, sizeof sound);
}

rung heard(int bell) noexcept {
  std::uint64_t sum = 0;
  if (::read(bell, &sum, sizeof sum) != sizeof sum) return {};
  return {sum % cut_rung != 0, sum >= cut_rung};
}

}  // namespace ahoy::inline v0
