#include <ahoy/command/confirm.hpp>
#include <ahoy/error/error.hpp>

#include <fmt/format.h>
#include <linux/sockios.h>
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

/// While the kernel gives a packet back it still counts one byte of it, and wakes us then (sock_wfree). The
/// smallest packet is larger than this.
constexpr std::uint64_t memory_of_nothing = 128;

}  // namespace

void witness::failed(std::error_code why) noexcept {
  if (!failure_) failure_ = why;
}

/// The error is asked last: a peer that goes sets it before what it left unread is freed. Where there is one,
/// the numbers are read in its light.
account witness::ask() {
  account known = numbers();
  const int error = of_.native() ? pending_error(of_.native()->number()) : 0;
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
  if (!of_.native())
    known.settled = true;  // in memory: there is nobody to ask
  else if (of_.transport() == "tcp")
    ask_tcp(known);
  else
    ask_local(known);
  if (failure_) known.settled = false;
  return known;
}

void witness::ask_tcp(account& known) const noexcept {
  const auto unacknowledged = ask_number(of_.native()->number(), SIOCOUTQ);
  const auto unsent = ask_number(of_.native()->number(), SIOCOUTQNSD);
  if (!unacknowledged || !unsent) return;
  // Of a connection that failed it is not known whether our FIN was counted: then the numbers are the careful
  // ones.
  const std::uint64_t end = ended_ ? 1 : 0;
  const std::uint64_t surely_end = failure_ ? 0 : end;
  known.acknowledged =
      known.sent - std::min(known.sent, *unacknowledged - std::min(*unacknowledged, surely_end));
  known.reached = known.sent - std::min(known.sent, *unsent - std::min(*unsent, end));
  known.settled = *unacknowledged == 0;
}

void witness::ask_local(account& known) const noexcept {
  const auto memory = ask_number(of_.native()->number(), SIOCOUTQ);
  known.settled = memory && *memory < memory_of_nothing;
  if (known.settled && !failure_) known.acknowledged = known.sent;
}

/// The order is what makes it safe: asked first, then wait for the next change. A change after the question
/// is reported even if it comes before the wait begins, since the kernel keeps it for us, or, where the
/// socket was not watched yet, reports what holds now.
task<> witness::settle() {
  for (;;) {
    const account known = ask();
    if (known.settled || known.failure) co_return;
    co_await edge_operation{of_.native()};
  }
}

std::string count_in_words(const account& known, std::uint64_t of_total, bool total_is_known) {
  const std::uint64_t total = std::max(of_total, known.sent);
  if (total == 0 && !total_is_known) return "nothing was read so far that could be sent";
  return fmt::format(
      "at most {} of {}{} bytes{} reached the peer's system; how many its program read is not known",
      known.reached, total_is_known ? "" : "the ", total, total_is_known ? "" : " read so far");
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
