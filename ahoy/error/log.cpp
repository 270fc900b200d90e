#include <ahoy/error/log.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace ahoy::inline v0 {
namespace {

struct sink {
  std::mutex mutex;
  std::shared_ptr<const log_function> function;
  std::atomic<bool> set = false;
};

// Never destroyed: threads and destructors of other statics may still log while the process exits.
sink& the_sink() {
  static auto* the = new sink;
  return *the;
}

thread_local const log_function* redirected = nullptr;

std::shared_ptr<const log_function> current() {
  std::scoped_lock lock(the_sink().mutex);
  return the_sink().function;
}

}  // namespace

void set_log(log_function function) {
  auto next = function ? std::make_shared<const log_function>(std::move(function)) : nullptr;
  std::scoped_lock lock(the_sink().mutex);
  the_sink().set = next != nullptr;
  the_sink().function.swap(next);
}

bool log_is_set() noexcept { return the_sink().set.load(std::memory_order_relaxed); }

log_redirection::log_redirection(log_function to) : to_{std::move(to)} { redirected = &to_; }

log_redirection::~log_redirection() { redirected = nullptr; }

void log(log_level level, std::string_view line) noexcept {
  if (!log_is_set()) return;
  try {
    if (redirected)
      (*redirected)(level, line);
    else if (auto function = current()) (*function)(level, line);
  } catch (...) {  // promised in the header
  }
}

}  // namespace ahoy::inline v0
