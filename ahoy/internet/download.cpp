#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/download.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace ahoy::inline v0 {

namespace {

error file_error(const std::string& name, int errno_value) {
  return {system_code(errno_value), "save", escape(name)};
}

/// What open(2) would give a new file.
mode_t usual_mode() noexcept {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

download::download(engine& by, const fetch_options& given)
    : output_{by},
      shown_{output_, presentation{output_.is_terminal(), given.hex, given.timestamps}},
      name_{given.output},
      resumes_{given.resume} {
  if (!name_.empty()) open_file();
}

download::~download() {
  if (!name_.empty() && !is_finished_ && !(resumes_ && written_ + there_ > 0)) ::unlink(beside_.c_str());
}

void download::open_file() {
  beside_ = name_ + (resumes_ ? ".part" : ".XXXXXX");
  file_ = fd{resumes_ ? ::open(beside_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666)
                      : ::mkostemp(beside_.data(), O_CLOEXEC)};
  if (!file_) throw file_error(name_, errno);
  if (!resumes_) static_cast<void>(::fchmod(file_.get(), usual_mode()));
  struct stat found{};
  if (::fstat(file_.get(), &found) == 0) there_ = static_cast<std::uint64_t>(found.st_size);
}

void download::start_over() {
  if (there_ > 0 && ::ftruncate(file_.get(), 0) != 0) throw file_error(beside_, errno);
  there_ = 0;
}

task<> download::write(std::string_view piece) {
  written_ += piece.size();
  if (name_.empty())
    co_await shown_.take(piece, piece::part);
  else
    write_to_file(piece);
}

void download::write_to_file(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t size = ::write(file_.get(), piece.data(), piece.size());
    if (size < 0 && errno != EINTR) throw file_error(beside_, errno);
    piece.remove_prefix(size < 0 ? 0 : static_cast<std::size_t>(size));
  }
}

task<> download::finish() {
  co_await shown_.pause();
  if (name_.empty() || is_finished_) co_return;
  // What the disk refuses late it tells now, or never.
  if (::close(file_.release()) != 0 || ::rename(beside_.c_str(), name_.c_str()) != 0)
    throw file_error(name_, errno);
  is_finished_ = true;
}

}  // namespace ahoy::inline v0
