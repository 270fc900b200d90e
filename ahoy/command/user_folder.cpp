#include <ahoy/command/file_text.hpp>
#include <ahoy/command/user_folder.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

namespace ahoy::inline v0 {

namespace {

/// Nothing that is kept here is larger.
constexpr std::size_t most_text = std::size_t{16} * 1024 * 1024;
constexpr int most_tries = 100;
constexpr auto pause_between_tries = std::chrono::milliseconds{10};

std::string value_of(const char* name) {
  const char* found = std::getenv(name);
  return found ? found : "";
}

[[noreturn]] void fail(const char* verb, const std::string& name) {
  throw error{system_code(errno), verb, escape(name)};
}

/// Each folder on the way that is not there.
void make_folder(const std::string& name) {
  for (std::size_t end = name.find('/', 1); end != std::string::npos; end = name.find('/', end + 1))
    ::mkdir(name.substr(0, end).c_str(), 0700);
  if (::mkdir(name.c_str(), 0700) != 0 && errno != EEXIST) fail("make folder", name);
}

/// As it is where there is nothing yet.
std::string behind_links(const std::string& name) {
  const std::unique_ptr<char, decltype(&std::free)> found{::realpath(name.c_str(), nullptr), std::free};
  return found ? found.get() : name;
}

void write_all(int to, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t written = ::write(to, text.data(), text.size());
    if (written < 0 && errno != EINTR) fail("write", name);
    text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
}

}  // namespace

std::string user_folder() {
  const std::string configuration = value_of("XDG_CONFIG_HOME");
  if (configuration.starts_with('/')) return configuration + "/ahoy";  // XDG: others are to be ignored
  const std::string home = value_of("HOME");
  return home.empty() ? "" : home + "/.config/ahoy";
}

std::optional<std::string> text_of_file(const std::string& name) {
  try {
    return file_text(name, most_text);
  } catch (const error& why) {
    if (why.code() != std::errc::no_such_file_or_directory) throw;
  }
  return std::nullopt;
}

/// Others have it for a moment.
folder_lock::folder_lock(const std::string& folder) {
  make_folder(folder);
  folder_ = fd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  bool is_locked = false;
  for (int tries = 0; folder_ && !is_locked && tries < most_tries; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(pause_between_tries);
    is_locked = ::flock(folder_.get(), LOCK_EX | LOCK_NB) == 0;
    if (!is_locked && errno != EWOULDBLOCK && errno != EINTR) break;
  }
  if (!is_locked) fail("lock folder", folder);
}

void replace_file(const std::string& given, std::string_view text) {
  const std::string name = behind_links(given);
  std::string beside = name + ".XXXXXX";
  const fd file{::mkostemp(beside.data(), O_CLOEXEC)};  // 0600
  if (!file) fail("write", name);
  try {
    write_all(file.get(), text, name);
    if (::fsync(file.get()) != 0 || ::rename(beside.c_str(), name.c_str()) != 0) fail("write", name);
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
}

}  // namespace ahoy::inline v0
