#include <ahoy/command/service_manager.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/socket/fd.hpp>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <new>

namespace ahoy::inline v0 {

namespace {

constexpr const char* variable_name = "NOTIFY_SOCKET";

/// A path, or a name in the abstract namespace, that an address holds.
bool is_usable(std::string_view name) noexcept {
  return name.size() > 1 && name.size() < sizeof(sockaddr_un::sun_path) &&
         (name.front() == '/' || name.front() == '@');
}

std::uint64_t monotonic_microseconds() noexcept {
  timespec now{};
  static_cast<void>(::clock_gettime(CLOCK_MONOTONIC, &now));  // it cannot fail
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

service_manager::service_manager() {
  const char* given = std::getenv(variable_name);
  if (given && is_usable(given)) address_ = given;
  ::unsetenv(variable_name);
}

std::string service_manager::variable() const {
  return address_.empty() ? "" : fmt::format("{}={}", variable_name, address_);
}

void service_manager::ready(std::string_view status) const noexcept {
  tell([&] { return fmt::format("READY=1\nSTATUS={}\n", escape(status)); });
}
void service_manager::reloading() const noexcept {
  tell([] { return fmt::format("RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_microseconds()); });
}
void service_manager::stopping() const noexcept {
  tell([] { return std::string{"STOPPING=1\n"}; });
}
void service_manager::status(std::string_view status) const noexcept {
  tell([&] { return fmt::format("STATUS={}\n", escape(status)); });
}
void service_manager::succeeded_by(pid_t next) const noexcept {
  tell([&] { return fmt::format("MAINPID={}\nREADY=1\n", next); });
}

void service_manager::tell(const std::function<std::string()>& make) const noexcept {
  if (address_.empty()) return;
  try {
    send(make());
  } catch (const std::bad_alloc&) {
    // It is not told.
  }
}

void service_manager::send(const std::string& lines) const noexcept {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::ranges::copy(address_, to.sun_path);
  if (address_.front() == '@') to.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  static_cast<void>(::sendto(socket.get(), lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&to), size));
}

}  // namespace ahoy::inline v0
