#include <ahoy/connection/tls_hello.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/server/first_record.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// The head of a record: type, version, length (RFC 8446, section 5.1).
constexpr std::size_t head_size = 5;
constexpr std::size_t longest_record = std::size_t{16} * 1024;
constexpr unsigned char handshake = 22;

using head = std::array<unsigned char, head_size>;

/// poll(2) tells of no less than this (socket(7), SO_RCVLOWAT), but of an end.
void wake_from(descriptor& caller, std::size_t size) noexcept {
  const int least = static_cast<int>(size);
  ::setsockopt(caller.number(), SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

/// Who speaks TLS elsewhere understands it.
[[noreturn]] void refuse_words(descriptor& caller, const std::string& label) {
  static_cast<void>(
      ::send(caller.number(), alert_unexpected.data(), alert_unexpected.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  throw error{make_error_code(errc::handshake_failed), "begin TLS with", label, "what it says is not TLS"};
}

[[noreturn]] void refuse(const std::string& label, const char* why) {
  throw error{make_error_code(errc::handshake_failed), "begin TLS with", label, why};
}

/// What is there of the first `size` bytes, which stay.
std::size_t peek(descriptor& caller, head& into, const std::string& label) {
  const ssize_t got = ::recv(caller.number(), into.data(), into.size(), MSG_PEEK | MSG_DONTWAIT);
  if (got < 0 && errno != EAGAIN && errno != EINTR) throw_if_failed(errno, "begin TLS with", label);
  if (got == 0) refuse(label, "it ended the connection instead");
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

/// One byte tells already who speaks no TLS.
task<> await_record(descriptor& caller, const std::string& label) {
  head seen{};
  std::size_t wanted = 1;
  for (std::size_t there = 0; there < head_size;) {
    wake_from(caller, wanted);
    co_await caller.engine().ready(caller, POLLIN);
    there = peek(caller, seen, label);
    if (there > 0 && seen[0] != handshake) refuse_words(caller, label);
    if (there > 0 && there < wanted) refuse(label, "it ended the connection instead");
    wanted = head_size;
  }
  const std::size_t length = std::size_t{seen[3]} << 8U | seen[4];
  if (seen[1] != 3 || length > longest_record) refuse_words(caller, label);
  wake_from(caller, head_size + length);
  co_await caller.engine().ready(caller, POLLIN);
}

}  // namespace

task<> await_first_record(descriptor& caller, std::string label, time_point due) {
  std::exception_ptr failure;
  try {
    co_await with_deadline(due, await_record(caller, label));
  } catch (const error& why) {
    const bool is_late = why.code() == std::errc::timed_out && caller.engine().now() >= due;
    failure = !is_late ? std::current_exception()
                       : std::make_exception_ptr(
                             error{why.code(), "begin TLS with", label, "the handshake took too long"});
  }
  wake_from(caller, 1);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace ahoy::inline v0
