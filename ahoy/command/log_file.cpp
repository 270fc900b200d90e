#include <ahoy/command/log_file.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// Where a limit says how large files may be, a write beyond it is a signal that ends the process
/// (setrlimit(2)), unless that is blocked, and taken away before it is not any more.
class without_file_size_signal {
 public:
  without_file_size_signal() noexcept {
    rlimit limit{};
    is_needed_ = ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    if (!is_needed_) return;
    sigemptyset(&its_);
    sigaddset(&its_, SIGXFSZ);
    ::pthread_sigmask(SIG_BLOCK, &its_, &before_);
  }
  without_file_size_signal(const without_file_size_signal&) = delete;
  without_file_size_signal& operator=(const without_file_size_signal&) = delete;
  ~without_file_size_signal() {
    if (!is_needed_) return;
    const int error = errno;
    const timespec at_once{};
    ::sigtimedwait(&its_, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }

 private:
  bool is_needed_ = false;
  sigset_t its_{}, before_{};
};

}  // namespace

/// Not to wait for the reader of a pipe, nor make a terminal ours.
fd log_file::open() const {
  return fd{::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640)};
}

void log_file::write(std::string_view line) {
  if (!file_) file_ = open();
  if (!file_) throw error{system_code(errno), "log to", escape(path_)};
  append(line);
}

void log_file::append(std::string_view line) {
  const std::string whole = is_cut_ ? fmt::format("\n{}", line) : std::string{line};
  const without_file_size_signal quiet;
  const ssize_t written = ::write(file_.get(), whole.data(), whole.size());
  if (written < 0) return lose(errno);
  is_cut_ = static_cast<std::size_t>(written) < whole.size();
  if (is_cut_) return lose(ENOSPC);
  if (!std::exchange(fails_, false)) return;
  complain_(fmt::format("ahoy: {} is written again; {} lines are missing in it", escape(path_),
                        std::exchange(lost_now_, 0)));
}

void log_file::lose(int why) {
  ++lost_;
  ++lost_now_;
  if (std::exchange(fails_, true)) return;
  complain_(fmt::format("ahoy: write {}: {}; the server goes on without it", escape(path_),
                        cause_in_words(system_code(why))));
}

void log_file::reopen() {
  if (!file_) return;
  fd anew = open();
  if (!anew) {
    complain_(fmt::format("ahoy: open {}: {}; the log goes on in the file that was open", escape(path_),
                          cause_in_words(system_code(errno))));
    return;
  }
  file_ = std::move(anew);
  is_cut_ = false;
}

}  // namespace ahoy::inline v0
