#include <ahoy/error/error.hpp>
#include <ahoy/protocol/tls_carrier.hpp>

#include <algorithm>
#include <exception>

namespace ahoy::inline v0 {

namespace {

/// What is made ciphertext at once, so that a long text need not be there twice.
constexpr std::size_t most_at_once = std::size_t{64} * 1024;

/// What is said on the way out of a failure: if it does not get there, that is no failure of its own.
task<> in_vain_or_not(task<> farewell) {
  try {
    co_await std::move(farewell);
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): what failed before is what counts
  }
}

}  // namespace

tls_carrier::tls_carrier(std::unique_ptr<carrier> below, tls_session session)
    : below_{std::move(below)}, session_{std::move(session)} {}

task<> tls_carrier::fill() {
  const std::string wire = co_await below_->receive();
  if (wire.empty())
    session_.end();
  else
    session_.take(wire);
}

/// The one that is at it sends what others have to send, too: what answers the peer's own (a key that it
/// changes) goes between two pieces.
task<> tls_carrier::flush() {
  if (is_flushing_) co_return;
  is_flushing_ = true;
  std::exception_ptr failure;
  try {
    for (std::string wire = session_.outgoing(); !wire.empty(); wire = session_.outgoing())
      co_await below_->send(wire);
  } catch (...) {
    failure = std::current_exception();
  }
  is_flushing_ = false;
  if (failure) std::rethrow_exception(failure);
}

task<> tls_carrier::shake() {
  while (!session_.shake_hands()) {
    co_await flush();
    co_await fill();
  }
  co_await flush();
}

task<> tls_carrier::shake_hands() {
  std::exception_ptr failure;
  try {
    co_await shake();
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return;
  co_await in_vain_or_not(flush());  // the alert
  std::rethrow_exception(failure);
}

task<std::string> tls_carrier::receive() {
  for (;;) {
    std::optional<std::string> plain = session_.read();
    co_await flush();
    if (plain) co_return *std::move(plain);
    co_await fill();
  }
}

task<> tls_carrier::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, most_at_once);
    session_.write(piece);
    bytes.remove_prefix(piece.size());
    co_await flush();
  }
}

}  // namespace ahoy::inline v0
