#include <ahoy/command/service_manager.hpp>
#include <ahoy/socket/fd.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace {

using ahoy::fd;
using ahoy::service_manager;

constexpr const char* variable = "NOTIFY_SOCKET";

/// A service manager's end; a name that begins with @ is one of the abstract namespace.
class told {
 public:
  explicit told(const std::string& name)
      : name_{name}, socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un on{};
    on.sun_family = AF_UNIX;
    name.copy(on.sun_path, sizeof on.sun_path - 1);
    if (name.front() == '@') on.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&on), size), 0);
  }
  told(const told&) = delete;
  told& operator=(const told&) = delete;
  ~told() { std::filesystem::remove(name_); }

  /// The next message; empty where there is none: what was said is there when it has been said.
  [[nodiscard]] std::string message() const {
    std::array<char, 4096> text{};
    const ssize_t size = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
    return {text.data(), static_cast<std::size_t>(size < 0 ? 0 : size)};
  }

 private:
  std::string name_;
  fd socket_;
};

std::string in_folder(const std::string& name) {
  return std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()));
}

service_manager named(const std::string& name) {
  ::setenv(variable, name.c_str(), 1);
  return {};
}

TEST(service_manager, is_told_by_datagrams_as_sd_notify_has_them) {
  for (const std::string& name : {in_folder("ahoy-told-"), "@ahoy-told-" + std::to_string(::getpid())}) {
    const told there{name};
    const service_manager to = named(name);
    EXPECT_EQ(std::getenv(variable), nullptr) << "programs must not speak for us";
    EXPECT_EQ(to.variable(), "NOTIFY_SOCKET=" + name);
    to.ready("serves");
    EXPECT_EQ(there.message(), "READY=1\nSTATUS=serves\n");
    to.status("is busy");
    EXPECT_EQ(there.message(), "STATUS=is busy\n");
    to.stopping();
    EXPECT_EQ(there.message(), "STOPPING=1\n");
    to.succeeded_by(4242);
    EXPECT_EQ(there.message(), "MAINPID=4242\nREADY=1\n");
    EXPECT_EQ(there.message(), "");
  }
}

TEST(service_manager, is_told_when_a_reload_began) {
  const std::string name = in_folder("ahoy-told-");
  const told there{name};
  const service_manager to = named(name);
  const auto now = [] {
    timespec time{};
    EXPECT_EQ(::clock_gettime(CLOCK_MONOTONIC, &time), 0);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec) / 1000;
  };
  const std::uint64_t before = now();
  to.reloading();
  const std::uint64_t after = now();
  const std::string said = there.message(), begin = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_EQ(said.substr(0, begin.size()), begin);
  EXPECT_EQ(said.back(), '\n');
  const std::uint64_t when = std::stoull(said.substr(begin.size()));
  EXPECT_GE(when, before);
  EXPECT_LE(when, after);
}

TEST(service_manager, hears_no_line_that_a_status_makes_up) {
  const std::string name = in_folder("ahoy-told-");
  const told there{name};
  named(name).ready("x\nMAINPID=1\x1b");
  EXPECT_EQ(there.message(), "READY=1\nSTATUS=x\\x0aMAINPID=1\\x1b\n");
}

TEST(service_manager, is_nobody_where_the_name_is_none) {
  ::unsetenv(variable);
  EXPECT_EQ(service_manager{}.variable(), "");
  for (const std::string& name :
       {std::string{}, std::string{"/"}, std::string{"@"}, std::string{"relative"}, std::string{"vsock:2:1"},
        "/" + std::string(107, 'x'), "@" + std::string(5000, 'x')}) {
    const service_manager to = named(name);
    EXPECT_EQ(to.variable(), "") << name;
    EXPECT_EQ(std::getenv(variable), nullptr);
    to.ready("serves");
  }
}

TEST(service_manager, may_be_gone_or_not_read) {
  const std::string name = in_folder("ahoy-told-");
  const service_manager gone = named(name);
  gone.ready("serves");
  const told there{name};
  for (int i = 0; i < 5000; ++i) gone.stopping();  // more than a queue holds: nobody waits
  EXPECT_EQ(there.message(), "STOPPING=1\n");
}

}  // namespace
