#include <ahoy/command/confirm.hpp>
#include <ahoy/error/error.hpp>

#include <fmt/format.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

std::optional<std::uint64_t> ask_number(int socket, unsigned long request) noexcept {
  int value = 0;
  if (::ioctl(socket, request, &value) != 0 || value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

int pending_error(int socket) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/// How many bytes were acknowledged since the connection was made, our SYN being the first and our FIN the
/// last (tcp_snd_una_update in tcp_input.c). A reset leaves it as it was; SIOCOUTQ does not tell then whether
/// our FIN was counted.
std::optional<std::uint64_t> ever_acknowledged(int socket) noexcept {
  tcp_info known{};
  socklen_t size = sizeof known;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &known, &size) != 0) return std::nullopt;
  const bool is_told = size >= offsetof(tcp_info, tcpi_bytes_acked) + sizeof known.tcpi_bytes_acked;
  if (!is_told || known.tcpi_bytes_acked == 0) return std::nullopt;
  return known.tcpi_bytes_acked - 1;
}

/// While the kernel gives a packet back it still counts one byte of it, and wakes us then (sock_wfree). The
/// smallest packet is larger than this.
constexpr std::uint64_t memory_of_nothing = 128;

}  // namespace

void witness::failed(std::error_code why) noexcept {
  if (!failure_) failure_ = why;
}

/// The error is asked last: a peer that goes sets it before what it left unread is freed. Where there is one,
/// the numbers are read in its light. A kernel that does not know what it is asked (a sandbox's, for
/// instance) will not tell of a change either, so that is a failure, too.
account witness::ask() {
  account known = numbers();
  const int told = wire().native() ? pending_error(wire().native()->number()) : 0;
  const int error = told != 0 ? told : known.untold;
  if (error != 0) {
    failed(system_code(error));
    known = numbers();
  }
  known.failure = failure_;
  return known;
}

account witness::numbers() const noexcept {
  account known;
  known.sent = known.reached = of_.bytes_sent();
  if (!wire().native())
    known.settled = true;  // in memory: there is nobody to ask
  else if (wire().transport() == "tcp")
    ask_tcp(known);
  else
    ask_local(known);
  if (failure_) known.settled = false;
  return known;
}

/// Over TLS more bytes go than are said: as many may be missing as are.
std::uint64_t witness::acknowledged_of(std::uint64_t on_wire) const noexcept {
  const std::uint64_t carrying = of_.bytes_on_wire();
  const std::uint64_t missing = carrying - std::min(carrying, on_wire);
  return of_.bytes_sent() - std::min(of_.bytes_sent(), missing);
}

void witness::ask_tcp(account& known) const noexcept {
  const auto unacknowledged = ask_number(wire().native()->number(), SIOCOUTQ);
  const auto unsent = ask_number(wire().native()->number(), SIOCOUTQNSD);
  if (!unacknowledged || !unsent) {
    known.untold = errno;
    return;
  }
  const std::uint64_t end = ended_ ? 1 : 0;
  // Of ciphertext that is waiting nobody knows how much of it was said: at most so much, and maybe nothing.
  if (&wire() == &of_) known.reached = known.sent - std::min(known.sent, *unsent - std::min(*unsent, end));
  known.settled = *unacknowledged == 0;
  if (failure_) return ask_failed_tcp(known);
  known.acknowledged = acknowledged_of(
      wire().bytes_sent() - std::min(wire().bytes_sent(), *unacknowledged - std::min(*unacknowledged, end)));
  if (ended_) known.end_acknowledged = known.settled;
}

void witness::ask_failed_tcp(account& known) const noexcept {
  const auto acknowledged = ever_acknowledged(wire().native()->number());
  if (!acknowledged) return;
  known.acknowledged = acknowledged_of(*acknowledged);
  if (ended_) known.end_acknowledged = *acknowledged > wire().bytes_sent();
}

void witness::ask_local(account& known) const noexcept {
  const auto memory = ask_number(wire().native()->number(), SIOCOUTQ);
  if (!memory) known.untold = errno;
  known.settled = memory && *memory < memory_of_nothing;
  if (known.settled && !failure_) known.acknowledged = known.sent;
  known.by_program = known.acknowledged.has_value();
}

/// The order is what makes it safe: asked first, then wait for the next change. A change after the question
/// is reported even if it comes before the wait begins, since the kernel keeps it for us, or, where the
/// socket was not watched yet, reports what holds now.
task<> witness::settle() {
  for (;;) {
    const account known = ask();
    if (known.settled || known.failure) co_return;
    co_await edge_operation{wire().native()};
  }
}

namespace {

/// What follows the count: what was acknowledged, where it was not all, and our end, where it was.
std::string acknowledged_in_words(const account& known, bool all) {
  if (!known.acknowledged) return {};
  if (!all && *known.acknowledged == 0) return "; none was acknowledged";
  if (!all) return fmt::format("; {} were acknowledged", *known.acknowledged);
  if (!known.end_acknowledged) return {};
  return *known.end_acknowledged ? "; our end was acknowledged too" : "; our end was not acknowledged";
}

}  // namespace

std::string count_in_words(const account& known, std::uint64_t of_total, bool total_is_known) {
  const std::uint64_t total = std::max(of_total, known.sent);
  if (total == 0 && !total_is_known) return "nothing was read so far that could be sent";
  const bool all = total_is_known && known.acknowledged == total;
  if (all && known.by_program) return fmt::format("{0} of {0} bytes were taken by the peer", total);
  return fmt::format(
      "{}{} of {}{} bytes{} reached the peer's system; how many its program read is not known{}",
      all ? "" : "at most ", known.reached, total_is_known ? "" : "the ", total,
      total_is_known ? "" : " read so far", acknowledged_in_words(known, all));
}

std::optional<confirmation> given_confirmation(const account& known, bool all_sent, bool peer_ended) {
  if (!all_sent) return std::nullopt;
  if (known.failure || !known.settled) {
    const bool acked = known.acknowledged && *known.acknowledged == known.sent;
    return acked ? confirmation::acked : confirmation::sent;
  }
  return peer_ended ? confirmation::closed : confirmation::acked;
}

}  // namespace ahoy::inline v0
