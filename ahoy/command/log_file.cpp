#include <ahoy/command/log_file.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace ahoy::inline v0 {

/// Not to wait for the reader of a pipe, nor make a terminal ours.
fd log_file::open() const {
  return fd{::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640)};
}

void log_file::write(std::string_view line) {
  if (!file_) file_ = open();
  if (!file_) throw error{system_code(errno), "open", escape(path_)};
  append(line);
}

void log_file::append(std::string_view line) {
  const std::string whole = is_cut_ ? fmt::format("\n{}", line) : std::string{line};
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
