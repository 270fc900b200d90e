#include <ahoy/command/privileges.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/unreadable.hpp>
#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view option_name = "--user";

/// Not the largest, which is (uid_t)-1: "none".
std::optional<id_t> number_in(std::string_view text) noexcept {
  id_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = failure == std::errc{} && end == text.data() + text.size() && !text.empty();
  if (!is_number || number == std::numeric_limits<id_t>::max()) return std::nullopt;
  return number;
}

const passwd* entry_of(const std::string& name, std::optional<id_t> number) {
  const passwd* by_name = ::getpwnam(name.c_str());
  return by_name || !number ? by_name : ::getpwuid(*number);
}

gid_t group_named(const std::string& name) {
  if (const group* found = ::getgrnam(name.c_str())) return found->gr_gid;
  if (const auto number = number_in(name)) return *number;
  throw unreadable(option_name, name, "no group has this name");
}

[[noreturn]] void fail(const user_identity& who) {
  const std::string text = who.name.empty() ? std::to_string(who.user) : who.name;
  throw error{system_code(errno), "become", "user " + escape(text)};
}

bool is_that_alone(const user_identity& who) noexcept {
  uid_t real = 0, effective = 0, saved = 0;
  gid_t real_group = 0, effective_group = 0, saved_group = 0;
  ::getresuid(&real, &effective, &saved);
  ::getresgid(&real_group, &effective_group, &saved_group);
  return real == who.user && effective == who.user && saved == who.user && real_group == who.group &&
         effective_group == who.group && saved_group == who.group;
}

/// Where it succeeds, something was kept that should have gone.
bool can_be_root_again(const user_identity& who) noexcept {
  constexpr auto as_it_is = static_cast<uid_t>(-1);
  const bool regains_user = who.user != 0 && ::setresuid(as_it_is, 0, as_it_is) == 0;
  const bool regains_group = who.user != 0 && who.group != 0 && ::setresgid(as_it_is, 0, as_it_is) == 0;
  return regains_user || regains_group;
}

}  // namespace

user_identity find_user(std::string_view text) {
  const auto colon = text.find(':');
  const std::string name{text.substr(0, colon)};
  const std::string group{colon == text.npos ? std::string_view{} : text.substr(colon + 1)};
  const bool has_group = colon != text.npos;
  if (name.empty() || (has_group && group.empty()))
    throw unreadable(option_name, text, "of listen it is NAME, or NAME:GROUP");
  const auto number = number_in(name);
  const passwd* found = entry_of(name, number);
  if (!found && !number) throw unreadable(option_name, name, "no user has this name");
  if (!found && !has_group) throw unreadable(option_name, name, "nobody has this number: say a group, too");
  user_identity who;
  if (found) who.name = found->pw_name;
  who.user = found ? found->pw_uid : *number;
  who.group = found ? found->pw_gid : 0;
  if (has_group) who.group = group_named(group);
  return who;
}

void check_can_become(const user_identity& who) {
  if (::geteuid() == 0 || is_that_alone(who)) return;
  errno = EPERM;
  fail(who);
}

void become(const user_identity& who) {
  if (!is_that_alone(who)) {
    const int groups = who.name.empty() ? ::setgroups(0, nullptr) : ::initgroups(who.name.c_str(), who.group);
    const bool is_done = groups == 0 && ::setresgid(who.group, who.group, who.group) == 0 &&
                         ::setresuid(who.user, who.user, who.user) == 0;
    if (!is_done) fail(who);
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(who);
  errno = ENOTRECOVERABLE;
  if (!is_that_alone(who) || can_be_root_again(who)) fail(who);
}

/// What stands there by now may be something else: only a socket is given away.
void give_socket_file(const std::string& path, const user_identity& who) {
  const fd file{::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
  struct stat found{};
  if (!file || ::fstat(file.get(), &found) != 0) throw error{system_code(errno), "own", escape(path)};
  if (!S_ISSOCK(found.st_mode)) throw error{system_code(ENOTSOCK), "own", escape(path)};
  if (::fchownat(file.get(), "", who.user, who.group, AT_EMPTY_PATH) != 0)
    throw error{system_code(errno), "own", escape(path)};
}

}  // namespace ahoy::inline v0
