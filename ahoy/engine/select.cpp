#include <ahoy/engine/blocking.hpp>
#include <ahoy/engine/epoll.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/engine/uring.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/unreadable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

namespace ahoy::inline v0 {

namespace {

template <class Engine>
std::unique_ptr<engine> make() {
  return std::make_unique<Engine>();
}

/// What stands between a program and io_uring, by what io_uring_setup(2) says.
std::string why_refused(int error) {
  int disabled = 0;
  std::ifstream{"/proc/sys/kernel/io_uring_disabled"} >> disabled;
  if (error == EPERM && disabled > 0)
    return "the sysctl kernel.io_uring_disabled is " + std::to_string(disabled);
  if (error == EPERM || error == EACCES) return "a filter of system calls (seccomp), as containers have one";
  if (error == ENOSYS) return "the kernel is built without it, or a filter of system calls says so";
  if (error == ENOMEM) return "too little memory may be locked (ulimit -l)";
  if (error == EOPNOTSUPP || error == EINVAL) return "the kernel is older than 6.0";
  return cause_in_words(system_code(error));
}

std::unique_ptr<engine> make_uring() {
  try {
    return std::make_unique<uring_engine>();
  } catch (const std::system_error& refused) {
    const int cause = refused.code().value();
    throw error{system_code(cause), "use", "io_uring", why_refused(cause)};
  }
}

struct row {
  engine_choice which;
  std::string_view name;
  std::unique_ptr<engine> (*make)();
};
constexpr std::array rows = {
    row{engine_choice::automatic, "auto", nullptr},
    row{engine_choice::epoll, "epoll", make<epoll_engine>},
    row{engine_choice::uring, "uring", make_uring},
    row{engine_choice::blocking, "blocking", make<blocking_engine>},
};

constexpr std::array preferred = {engine_choice::epoll};

const row& row_of(engine_choice which) noexcept { return *std::ranges::find(rows, which, &row::which); }

}  // namespace

engine_choice parse_engine_choice(std::string_view text) {
  const auto* found = std::ranges::find(rows, text, &row::name);
  if (found != rows.end() && found->which != engine_choice::blocking) return found->which;
  throw unreadable("engine", text, "say auto, epoll or uring");
}

std::string_view to_string(engine_choice which) noexcept { return row_of(which).name; }

std::span<const engine_choice> preferred_engines() noexcept { return preferred; }

std::unique_ptr<engine> make_engine(engine_choice which) {
  if (which == engine_choice::automatic) return make_first_of(preferred_engines());
  return row_of(which).make();
}

std::unique_ptr<engine> make_first_of(std::span<const engine_choice> in_order) {
  std::string reason;
  for (const engine_choice which : in_order.first(in_order.size() - 1)) {
    try {
      std::unique_ptr<engine> made = make_engine(which);
      made->set_reason(reason);
      return made;
    } catch (const error& refused) {
      reason += (reason.empty() ? "" : "; ") + refused.address() + " is refused: " + refused.hint();
    }
  }
  std::unique_ptr<engine> last = make_engine(in_order.back());
  last->set_reason(reason);
  return last;
}

std::string description(const engine& of) {
  const std::string text = "engine: " + std::string{of.name()};
  return of.reason().empty() ? text : text + ", since " + of.reason();
}

}  // namespace ahoy::inline v0
