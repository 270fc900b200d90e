#include <ahoy/engine/loop.hpp>
#include <ahoy/error/error.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <exception>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// Shared by the thread that looks up and the task that waits: whoever is last lets it go, so that a look-up
/// whose task was stopped may end when it will.
struct inquiry {
  fd done{::eventfd(0, EFD_CLOEXEC)};
  std::vector<address> found;
  std::exception_ptr failure;
  std::atomic<bool> is_answered = false;  // orders the two above between the threads; the eventfd only wakes
};

void look_up(inquiry& asked, const host& name, port service, family wanted, socket_type type,
             lookup_use use) {
  try {
    asked.found = lookup(name, service, wanted, type, use);
  } catch (...) {
    asked.failure = std::current_exception();
  }
}

void signal(const fd& done) noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(done.get(), &one, sizeof one);
}

}  // namespace

/// getaddrinfo(3) blocks, so a name is looked up on a thread of its own; a number never needs one.
task<std::vector<address>> loop::resolve(host name, port service, family wanted, socket_type type,
                                         lookup_use use) {
  if (name.is_numeric()) co_return lookup(name, service, wanted, type, use);
  auto asked = std::make_shared<inquiry>();
  if (!asked->done) throw_if_failed(errno, "look up", name.text());
  descriptor answered{*this, fd::duplicate(asked->done.get())};
  if (!answered.is_open()) throw_if_failed(errno, "look up", name.text());
  try {
    std::thread{[asked, name, service, wanted, type, use] {
      look_up(*asked, name, service, wanted, type, use);
      asked->is_answered.store(true, std::memory_order_release);
      signal(asked->done);
    }}.detach();
  } catch (const std::system_error& failure) {
    throw error{failure.code(), "start a thread to look up", name.text()};
  }
  co_await ready(answered, POLLIN);
  [[maybe_unused]] const bool is_answered = asked->is_answered.load(std::memory_order_acquire);
  assert(is_answered);
  if (asked->failure) std::rethrow_exception(std::exchange(asked->failure, nullptr));
  co_return std::move(asked->found);
}

}  // namespace ahoy::inline v0
