#include <ahoy/command/privileges.hpp>
#include <ahoy/error/error.hpp>

#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

using ahoy::find_user;
using ahoy::user_identity;

std::string refusal_of(const std::string& text) {
  try {
    static_cast<void>(find_user(text));
  } catch (const ahoy::error& why) {
    EXPECT_EQ(why.code(), ahoy::errc::malformed) << text;
    return std::string{why.what()} + "; " + why.hint();
  }
  return "it was taken";
}

TEST(privileges, find_a_user_by_name_or_number) {
  const passwd* entry = ::getpwnam("nobody");
  ASSERT_NE(entry, nullptr);
  const uid_t user = entry->pw_uid;
  const gid_t group = entry->pw_gid;
  for (const std::string& text : {std::string{"nobody"}, std::to_string(user)}) {
    const user_identity who = find_user(text);
    EXPECT_EQ(who.name, "nobody");
    EXPECT_EQ(who.user, user);
    EXPECT_EQ(who.group, group);
  }
}

TEST(privileges, find_the_group_that_is_said) {
  const group* entry = ::getgrnam("daemon");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(find_user("nobody:daemon").group, entry->gr_gid);
  EXPECT_EQ(find_user("nobody:54321").group, 54321U);
  EXPECT_EQ(find_user("root:0").group, 0U);
}

TEST(privileges, take_a_number_that_is_nobodys_with_a_group) {
  const user_identity who = find_user("54321:54322");
  EXPECT_EQ(who.name, "");
  EXPECT_EQ(who.user, 54321U);
  EXPECT_EQ(who.group, 54322U);
}

TEST(privileges, refuse_what_names_nobody) {
  EXPECT_NE(refusal_of("54321").find("say a group"), std::string::npos);
  for (const std::string text : {"", ":", "nobody:", ":daemon", ":0"})
    EXPECT_NE(refusal_of(text).find("NAME:GROUP"), std::string::npos) << text;
  for (const std::string text : {"no-such-user", "-1", "+1", " 0", "0 ", "0x0", "4294967295", "4294967296",
                                 "99999999999999999999", "no-such-user:0", "\x1b[31m"})
    EXPECT_NE(refusal_of(text).find("no user has this name"), std::string::npos) << text;
  for (const std::string text : {"nobody:no-such-group", "0:-1", "0:4294967295", "0:0:0", "0: 0"})
    EXPECT_NE(refusal_of(text).find("no group has this name"), std::string::npos) << text;
  EXPECT_EQ(refusal_of("\x1b[31m").find('\x1b'), std::string::npos);
}

/// How a child ends in which this is done: 0 where it returns, else the error's number.
template <class Function>
int in_child(Function done) {
  const pid_t child = ::fork();
  if (child == 0) {
    int result = 0;
    try {
      result = done();
    } catch (const ahoy::error& why) {
      result = why.code().value();
    }
    ::_exit(result);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << status;
  return WEXITSTATUS(status);
}

user_identity somebody() {
  user_identity who;
  who.user = 54321;
  who.group = 54322;
  return who;
}

/// Root alone can become somebody else; whoever else runs the tests cannot, and is told so.
TEST(privileges, are_given_up_for_good) {
  const bool is_root = ::geteuid() == 0;
  EXPECT_EQ(in_child([] { return ahoy::check_can_become(somebody()), 0; }), is_root ? 0 : EPERM);
  EXPECT_EQ(in_child([] { return ahoy::become(somebody()), 0; }), is_root ? 0 : EPERM);
  const auto become_and_look = [] {
    if (::geteuid() == 0) ahoy::become(somebody());
    const bool is_root_again = ::setresuid(0, 0, 0) == 0 || ::setresgid(0, 0, 0) == 0 || ::seteuid(0) == 0;
    const bool is_in_a_group = ::getgroups(0, nullptr) > 0 && ::geteuid() == 54321;
    return is_root_again || is_in_a_group ? 1 : 0;
  };
  EXPECT_EQ(in_child(become_and_look), 0);
  const auto become_twice = [] {
    user_identity who = somebody();
    if (::geteuid() != 0) who.user = ::geteuid(), who.group = ::getegid();
    ahoy::become(who);
    ahoy::check_can_become(who);
    ahoy::become(who);
    user_identity root;
    ahoy::become(root);
    return 0;
  };
  EXPECT_EQ(in_child(become_twice), EPERM);
}

class socket_file : public testing::Test {
 protected:
  socket_file() {
    std::string pattern = std::filesystem::temp_directory_path() / "ahoy-privileges-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~socket_file() override { std::filesystem::remove_all(folder_); }
  std::string make_socket() const {
    const std::string path = folder_ / "socket";
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un on{};
    on.sun_family = AF_UNIX;
    path.copy(on.sun_path, sizeof on.sun_path - 1);
    EXPECT_EQ(::bind(made, reinterpret_cast<sockaddr*>(&on), sizeof on), 0);
    ::close(made);
    return path;
  }
  static uid_t owner_of(const std::string& path) {
    struct stat found{};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0);
    return found.st_uid;
  }
  std::filesystem::path folder_;
};

TEST_F(socket_file, is_that_users) {
  user_identity who = somebody();
  if (::geteuid() != 0) who.user = ::geteuid(), who.group = ::getegid();
  const std::string path = make_socket();
  ahoy::give_socket_file(path, who);
  EXPECT_EQ(owner_of(path), who.user);
}

TEST_F(socket_file, is_what_is_given_away_and_nothing_else) {
  const std::string file = folder_ / "file", link = folder_ / "link", socket = make_socket();
  std::ofstream{file} << "somebody's";
  std::filesystem::create_symlink(socket, link);
  for (const std::string& each : {file, link, folder_.string(), (folder_ / "none").string()})
    EXPECT_THROW(ahoy::give_socket_file(each, somebody()), ahoy::error) << each;
  EXPECT_EQ(owner_of(file), ::geteuid());
  EXPECT_EQ(owner_of(socket), ::geteuid());
}

}  // namespace
