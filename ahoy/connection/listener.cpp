#include <ahoy/connection/listener.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/error/error.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace ahoy::inline v0 {

namespace {

[[noreturn]] void fail(const address& on) { throw error{system_code(errno), "listen on", on.to_string()}; }

fd open_socket(const address& on, family wanted) {
  fd made{::socket(on.data()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made) fail(on);
  const int yes = 1;
  const int alone = wanted == family::inet6 ? 1 : 0;
  if (on.family() != family::local) ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (on.family() != family::local) set_manners(made.get());
  if (on.family() == family::inet6) ::setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, &alone, sizeof alone);
  return made;
}

bool is_socket_file(const std::string& path) noexcept {
  struct stat found{};
  return ::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

/// Nobody listens on it any more.
bool is_stale(const address& on) noexcept {
  const fd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!probe) return false;
  return ::connect(probe.get(), on.data(), on.size()) != 0 && errno == ECONNREFUSED;
}

/// A line of /proc/locks, such as "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF" (proc(5)): the process,
/// if it holds a lock of flock(2) on this inode; else 0.
pid_t holder_in(const std::string& line, ino_t inode) {
  std::istringstream words{line};
  std::string number, kind, advisory, access, file;
  pid_t holder = 0;
  words >> number >> kind >> advisory >> access >> holder >> file;
  const bool is_this = words && kind == "FLOCK" && file.ends_with(":" + std::to_string(inode));
  return is_this ? holder : 0;
}

/// "process 1234 (cat)"; the kernel does not name who is in another process namespace.
std::string holder_of_lock(const fd& folder) {
  struct stat found{};
  if (::fstat(folder.get(), &found) != 0) return "another process";
  std::ifstream locks{"/proc/locks"};
  pid_t holder = 0;
  for (std::string line; holder <= 0 && std::getline(locks, line);) holder = holder_in(line, found.st_ino);
  if (holder <= 0) return "another process";
  std::string name;
  std::getline(std::ifstream{"/proc/" + std::to_string(holder) + "/comm"}, name);
  return "process " + std::to_string(holder) + (name.empty() ? "" : " (" + name + ")");
}

/// Two servers that find the same stale file must not both replace it: the folder is locked from the look at
/// the file until the new socket listens. Anybody may lock a folder for as long as they like, so nobody waits
/// for that here.
fd lock_folder(const address& on, const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path{path}.parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  fd opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (opened && ::flock(opened.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw error{system_code(EBUSY), "listen on", on.to_string(),
                holder_of_lock(opened) + " has locked the folder " + folder +
                    " (flock), which a server needs for a moment; end that one, or choose another folder"};
  return opened;
}

void bind_file(const fd& socket, const address& on) {
  ::fchmod(socket.get(), S_IRUSR | S_IWUSR);  // before bind(2), Linux takes the file's mode from the socket's
  if (::bind(socket.get(), on.data(), on.size()) == 0) return;
  if (errno != EADDRINUSE) fail(on);
  const std::string path = on.host();
  if (!is_socket_file(path))
    throw error{system_code(EEXIST), "listen on", on.to_string(),
                "the file is no socket; remove it or choose another"};
  if (!is_stale(on))
    throw error{system_code(EADDRINUSE), "listen on", on.to_string(), "a server is listening there"};
  ::unlink(path.c_str());
  if (::bind(socket.get(), on.data(), on.size()) != 0) fail(on);
}

/// A socket's file that was made a moment ago: gone again where what follows fails.
class made_file {
 public:
  explicit made_file(const std::string& path) noexcept : path_{path} {}
  made_file(const made_file&) = delete;
  made_file& operator=(const made_file&) = delete;
  ~made_file() {
    if (!is_kept_ && !path_.empty()) ::unlink(path_.c_str());
  }
  void keep() noexcept { is_kept_ = true; }

 private:
  const std::string& path_;
  bool is_kept_ = false;
};

}  // namespace

listener::listener(engine& by, const address& on, int backlog, family wanted) {
  fd made = open_socket(on, wanted);
  const std::string path = on.family() == family::local ? on.host() : std::string{};
  const bool has_file = !path.empty() && path.front() != '@';
  const std::string of_ours = has_file ? path : std::string{};  // before there is a file
  const fd lock = has_file ? lock_folder(on, path) : fd{};
  if (has_file)
    bind_file(made, on);
  else if (::bind(made.get(), on.data(), on.size()) != 0)
    fail(on);
  made_file file{of_ours};
  if (::listen(made.get(), backlog) != 0) fail(on);
  socket_ = std::make_unique<descriptor>(by, std::move(made));
  learn_local();
  if (has_file) own_file(path);
  file.keep();
}

listener::listener(engine& by, fd listening, file_is whose) {
  const int number = listening.get();
  ::fcntl(number, F_SETFD, FD_CLOEXEC);
  ::fcntl(number, F_SETFL, ::fcntl(number, F_GETFL) | O_NONBLOCK);
  socket_ = std::make_unique<descriptor>(by, std::move(listening));
  learn_local();
  const std::string path = local_.family() == family::local ? local_.host() : std::string{};
  const bool has_file = !path.empty() && path.front() != '@';
  if (local_.family() != family::local) set_manners(number);
  if (has_file && whose == file_is::ours) own_file(path);
}

void listener::learn_local() {
  socklen_t size = address::capacity();
  if (::getsockname(socket_->number(), local_.data(), &size) == 0) local_.set_size(size);
}

void listener::own_file(std::string path) {
  struct stat ours{};
  file_ = std::move(path);
  if (::stat(file_.c_str(), &ours) == 0) inode_ = ours.st_ino;
}

listener::~listener() {
  struct stat now{};
  if (file_.empty() || !socket_ || ::stat(file_.c_str(), &now) != 0) return;
  if (now.st_ino == inode_) ::unlink(file_.c_str());
}

}  // namespace ahoy::inline v0
