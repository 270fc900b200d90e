#pragma once
#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Whoever started this process as a service, and wants to know how it is: systemd, by the protocol of
/// sd_notify(3). Says nothing where NOTIFY_SOCKET names nobody. It is a courtesy: what cannot be told is not
/// told.
class service_manager {
 public:
  /// Takes NOTIFY_SOCKET out of the environment, so that no program that is started speaks for us.
  service_manager();

  void ready(std::string_view status) const noexcept;
  void reloading() const noexcept;
  void stopping() const noexcept;
  void status(std::string_view status) const noexcept;
  /// Another process is the service from now on.
  void succeeded_by(pid_t next) const noexcept;

  /// "NOTIFY_SOCKET=..." for a process that is to speak for us; empty where there is nobody to speak to.
  [[nodiscard]] std::string variable() const;

 private:
  void tell(const std::function<std::string()>& make) const noexcept;
  void send(const std::string& lines) const noexcept;
  std::string address_;
};

}  // namespace ahoy::inline v0
