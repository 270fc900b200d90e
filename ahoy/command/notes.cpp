#include <ahoy/command/notes.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/server/backoff.hpp>

#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <new>

namespace ahoy::inline v0 {

namespace {

/// pipe(7): what poll(2) calls writable takes so much without a wait.
bool is_writable() noexcept {
  pollfd asked{STDERR_FILENO, POLLOUT, 0};
  return ::poll(&asked, 1, 0) > 0;
}

}  // namespace

notes::notes(engine& by) : by_{by}, to_{by, STDERR_FILENO}, more_{by} {}

notes::~notes() {
  for (std::string_view left = kept_; !left.empty() && is_writable();) {
    const std::string_view piece = left.substr(0, PIPE_BUF);
    write_to_stderr(piece);
    left.remove_prefix(piece.size());
  }
}

bool notes::takes_at_once(std::string_view line) const noexcept {
  return to_.is_terminal() || (kept_.empty() && line.size() <= PIPE_BUF && is_writable());
}

void notes::add(std::string_view line) {
  if (takes_at_once(line)) return write_to_stderr(line);
  if (kept_.size() + line.size() > most_kept) {
    ++lost_;
    return;
  }
  kept_ += line;
  more_.notify();
}

task<> notes::write_kept() {
  for (;;) {
    while (kept_.empty()) co_await more_.wait();
    bool is_short = false;
    try {
      co_await write_some();
      tell_lost();
    } catch (const std::bad_alloc&) {
      is_short = true;
    }
    if (is_short) co_await backoff{by_};
  }
}

void notes::tell_lost() {
  if (!kept_.empty() || lost_ == 0) return;
  kept_ = fmt::format("ahoy: {} more lines were not shown, since nobody read them\n", lost_);
  lost_ = 0;
}

/// What goes out in one write or, if that is stopped, not at all, and is still kept then.
task<> notes::write_some() {
  const std::string piece = kept_.substr(0, PIPE_BUF);
  bool is_heard = true;
  try {
    co_await to_.write(piece);
  } catch (const error& failure) {
    if (!is_output_error(failure)) throw;
    is_heard = false;  // nobody is left to be told
  }
  kept_.erase(0, is_heard ? piece.size() : kept_.size());
}

}  // namespace ahoy::inline v0
