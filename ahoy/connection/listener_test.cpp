#include <ahoy/connection/listener.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/socket/socket.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

namespace {

using ahoy::address;
using ahoy::listener;

std::errc cause_of_listening(ahoy::engine& by, const address& on) {
  try {
    const listener made{by, on, 5};
    return std::errc{};
  } catch (const ahoy::error& caught) {
    return static_cast<std::errc>(caught.code().value());
  }
}

TEST(listener, says_which_port_the_kernel_chose) {
  const std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
  const listener made{*engine, address::inet(INADDR_LOOPBACK, 0), 5};
  EXPECT_NE(made.local().port(), 0);
  EXPECT_EQ(made.local().host(), "127.0.0.1");
}

TEST(listener, on_the_ipv6_wildcard_hears_both_families) {
  const std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
  const listener made{*engine, address::inet6(in6addr_any, 0), 5};
  EXPECT_NO_THROW(ahoy::socket(ahoy::family::inet).connect("127.0.0.1", made.local().port()));
  EXPECT_NO_THROW(ahoy::socket(ahoy::family::inet6).connect("::1", made.local().port()));
}

int option(int socket, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(socket, level, name, &value, &size), 0);
  return value;
}

TEST(listener, passes_its_manners_on_to_whom_it_accepts) {
  const std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
  for (const address& on : {address::inet(INADDR_LOOPBACK, 0), address::inet6(in6addr_any, 0)}) {
    listener made{*engine, on, 5};
    ahoy::socket caller(ahoy::family::inet);
    caller.connect("127.0.0.1", made.local().port());
    const ahoy::fd accepted{::accept4(made.native().number(), nullptr, nullptr, SOCK_CLOEXEC)};
    EXPECT_NE(option(accepted.get(), IPPROTO_TCP, TCP_NODELAY), 0);
    EXPECT_NE(option(accepted.get(), SOL_SOCKET, SO_KEEPALIVE), 0);
  }
}

TEST(listener, a_port_that_is_taken_is_an_error) {
  const std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
  const listener first{*engine, address::inet(INADDR_LOOPBACK, 0), 5};
  EXPECT_EQ(cause_of_listening(*engine, first.local()), std::errc::address_in_use);
}

class unix_listener : public testing::Test {
 protected:
  unix_listener() { EXPECT_NE(::mkdtemp(folder_.data()), nullptr); }
  ~unix_listener() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] bool has_file() const { return std::filesystem::exists(path()); }
  [[nodiscard]] std::string path() const { return folder_ + "/socket"; }
  [[nodiscard]] address where() const { return address::local(path()); }
  /// As a server leaves its file that was killed.
  void leave_stale_file() const {
    ahoy::socket dead{ahoy::family::local};
    dead.bind(where());
    dead.listen();
  }
  void call() const { ahoy::socket{ahoy::family::local}.connect(where()); }

  std::string folder_ = std::filesystem::temp_directory_path() / "listener_testXXXXXX";
  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine();
};

TEST_F(unix_listener, has_a_file_for_its_user_alone_and_takes_it_along) {
  const mode_t former = ::umask(0);
  {
    const listener made{*engine_, where(), 5};
    struct stat found{};
    ASSERT_EQ(::stat(path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600U);
    EXPECT_NO_THROW(call());
  }
  ::umask(former);
  EXPECT_FALSE(has_file());
}

TEST_F(unix_listener, replaces_the_file_of_a_dead_server) {
  leave_stale_file();
  ASSERT_TRUE(has_file());
  const listener made{*engine_, where(), 5};
  EXPECT_NO_THROW(call());
}

TEST_F(unix_listener, never_takes_the_file_of_a_live_server) {
  const listener first{*engine_, where(), 5};
  EXPECT_EQ(cause_of_listening(*engine_, where()), std::errc::address_in_use);
  EXPECT_NO_THROW(call()) << "the first one still has its file";
}

TEST_F(unix_listener, never_takes_the_file_of_a_server_that_is_too_busy_to_answer) {
  ahoy::socket busy{ahoy::family::local};
  busy.bind(where());
  busy.listen(0);
  ahoy::socket waiting{ahoy::family::local};
  waiting.connect(where());
  EXPECT_EQ(cause_of_listening(*engine_, where()), std::errc::address_in_use);
  EXPECT_TRUE(has_file());
}

TEST_F(unix_listener, leaves_a_file_alone_that_is_no_socket) {
  std::ofstream{path()} << "precious";
  EXPECT_EQ(cause_of_listening(*engine_, where()), std::errc::file_exists);
  EXPECT_EQ(std::filesystem::file_size(path()), 8U);
}

TEST_F(unix_listener, leaves_a_file_alone_that_took_its_place) {
  {
    const listener made{*engine_, where(), 5};
    std::filesystem::remove(path());
    leave_stale_file();
  }
  EXPECT_TRUE(has_file());
}

TEST_F(unix_listener, in_the_abstract_namespace_has_no_file) {
  const address name = address::local("@" + folder_);
  const listener made{*engine_, name, 5};
  EXPECT_NO_THROW(ahoy::socket{ahoy::family::local}.connect(name));
}

TEST_F(unix_listener, in_a_locked_folder_says_at_once_who_has_locked_it) {
  const ahoy::fd lock{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  try {
    const listener made{*engine_, where(), 5};
    ADD_FAILURE() << "it listens";
  } catch (const ahoy::error& caught) {
    EXPECT_EQ(caught.code(), std::errc::device_or_resource_busy);
    EXPECT_EQ(caught.what(), "listen on unix://" + path() + ": device or resource busy");
    EXPECT_THAT(caught.hint(), testing::StartsWith("process " + std::to_string(::getpid()) + " ("));
    EXPECT_THAT(caught.hint(), testing::HasSubstr(") has locked the folder " + folder_ + " "));
  }
  EXPECT_FALSE(has_file());
}

/// A process that tries to listen, says whether it could, and stays until it may go.
class rival {
 public:
  rival(const address& on, int start, int go) {
    int said[2];
    EXPECT_EQ(::pipe2(said, O_CLOEXEC), 0);
    said_ = ahoy::fd{said[0]};
    const ahoy::fd say{said[1]};
    number_ = ::fork();
    if (number_ == 0) run(on, start, say.get(), go);
  }
  ~rival() { EXPECT_EQ(::waitpid(number_, nullptr, 0), number_); }
  [[nodiscard]] bool listens() const {
    char answer = '?';
    EXPECT_EQ(::read(said_.get(), &answer, 1), 1);
    return answer == 'y';
  }

 private:
  [[noreturn]] static void run(const address& on, int start, int say, int go) {
    char ignored = 0;
    static_cast<void>(::read(start, &ignored, 1));
    const std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
    std::optional<listener> made;
    try {
      made.emplace(*engine, on, 5);
    } catch (const ahoy::error&) {
      // Another one was there before.
    }
    static_cast<void>(::write(say, made ? "y" : "n", 1));
    static_cast<void>(::read(go, &ignored, 1));
    ::_exit(0);
  }

  ahoy::fd said_;
  pid_t number_ = -1;
};

TEST_F(unix_listener, of_several_that_find_a_stale_file_one_takes_it) {
  for (int round = 0; round < 10; ++round) {
    std::filesystem::remove(path());
    leave_stale_file();
    int start[2];
    int go[2];
    ASSERT_EQ(::pipe2(start, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(go, O_CLOEXEC), 0);
    const ahoy::fd start_reading{start[0]};
    const ahoy::fd go_reading{go[0]};
    ahoy::fd starting{start[1]};
    ahoy::fd letting_go{go[1]};
    int winners = 0;
    {
      std::array<std::unique_ptr<rival>, 6> rivals;
      for (auto& each : rivals) each = std::make_unique<rival>(where(), start[0], go[0]);
      // The children hold copies of the writing ends, so a byte each it is.
      ASSERT_EQ(::write(start[1], "123456", 6), 6);
      for (const auto& each : rivals) winners += each->listens() ? 1 : 0;
      ASSERT_EQ(::write(go[1], "123456", 6), 6);
    }
    ASSERT_EQ(winners, 1) << "round " << round;
  }
}

}  // namespace
