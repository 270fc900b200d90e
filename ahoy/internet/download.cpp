#include <ahoy/command/progress_bar.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/download.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr int most_links = 40;  // as the kernel has it (path_resolution(7))
constexpr mode_t rights = 0777;
constexpr mode_t rights_of_group = 0070;

error file_error(const std::string& name, int errno_value, const std::string& hint = "") {
  return {system_code(errno_value), "save", escape(name), hint};
}

/// What open(2) would give a new file.
mode_t usual_mode() noexcept {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

/// As /dev/stdout is: to replace that file would be to take it from who gave it to us.
bool is_our_output(const struct stat& found) noexcept {
  struct stat ours{};
  return ::fstat(STDOUT_FILENO, &ours) == 0 && ours.st_dev == found.st_dev && ours.st_ino == found.st_ino;
}

/// Where a link leads, whether or not something is there.
std::string target_of(std::filesystem::path name) {
  std::error_code none;
  for (int links = 0; links < most_links && std::filesystem::is_symlink(name, none); ++links)
    name = name.parent_path() / std::filesystem::read_symlink(name, none);
  return name.string();
}

/// As far as we may. Where it cannot stay in its group, ours gets nothing of what that one had.
void take_over(int file, const struct stat& replaced) noexcept {
  const bool is_kept = ::fchown(file, replaced.st_uid, replaced.st_gid) == 0 ||
                       ::fchown(file, static_cast<uid_t>(-1), replaced.st_gid) == 0;
  const mode_t kept = is_kept ? rights : rights & ~rights_of_group;
  static_cast<void>(::fchmod(file, replaced.st_mode & kept));
}

void write_whole(int file, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t size = ::write(file, text.data(), text.size());
    if (size < 0 && errno != EINTR) throw file_error(name, errno);
    text.remove_prefix(size < 0 ? 0 : static_cast<std::size_t>(size));
  }
}

std::uint64_t size_of(const std::string& name) noexcept {
  struct stat found{};
  return ::stat(name.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

}  // namespace

download::download(engine& by, const fetch_options& given)
    : output_{by},
      shown_{output_, presentation{output_.is_terminal(), given.hex, given.timestamps}},
      url_{given.to.to_string()},
      name_{given.output},
      resumes_{given.resume} {
  if (!name_.empty()) open(by);
}

download::~download() {
  if (beside_.empty() || is_finished_ || (resumes_ && size_of(beside_) > 0)) return;
  ::unlink(beside_.c_str());
  if (resumes_) ::unlink(origin_.c_str());
}

void download::open(engine& by) {
  struct stat found{};
  const bool is_there = ::stat(name_.c_str(), &found) == 0;
  if (!is_there && errno != ENOENT) throw file_error(name_, errno);
  if (is_there && S_ISDIR(found.st_mode)) throw file_error(name_, EISDIR, "name a file in it");
  const bool is_ours = is_there && is_our_output(found);
  if (is_ours || (is_there && !S_ISREG(found.st_mode))) return open_as_it_is(by, is_ours);
  name_ = target_of(name_);
  open_beside(is_there ? S_IRUSR | S_IWUSR : usual_mode());
  if (is_there) take_over(file_.get(), found);
  if (resumes_) find_what_is_there();
}

void download::open_beside(mode_t mode) {
  std::string beside = name_ + (resumes_ ? ".part" : ".XXXXXX");
  file_ = fd{resumes_ ? ::open(beside.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, mode)
                      : ::mkostemp(beside.data(), O_CLOEXEC)};
  if (!file_) throw file_error(name_, errno);
  if (!resumes_) static_cast<void>(::fchmod(file_.get(), mode));
  beside_ = std::move(beside);
  origin_ = beside_ + ".from";
}

/// It must not be waited for in open(2), where no signal and no timeout would end it.
void download::open_as_it_is(engine& by, bool is_ours) {
  if (resumes_)
    throw usage_error(usage_errc::contradictory, "option --resume and", name_,
                      "that is no file, of which a part could be there");
  file_ = is_ours ? fd::duplicate(STDOUT_FILENO)
                  : fd{::open(name_.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  if (!file_) throw file_error(name_, errno, errno == ENXIO ? "nobody reads it: begin its reader first" : "");
  as_it_is_.emplace(by, file_.get());
}

void download::find_what_is_there() {
  std::ifstream origin{origin_};
  std::string url, validator;
  if (!std::getline(origin, url) || !std::getline(origin, validator) || url != url_ || validator.empty())
    return;
  there_ = size_of(beside_);
  if (there_ > 0) validator_ = validator;
}

void download::note_origin() const {
  // A URL may hold what is for nobody else's eyes.
  const fd to{
      ::open(origin_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
  if (!to) throw file_error(origin_, errno);
  write_whole(to.get(), url_ + "\n" + validator_ + "\n", origin_);
}

void download::start_over(std::string validator) {
  there_ = 0;
  validator_ = std::move(validator);
  if (!resumes_) return;
  // In this order: wherever it is cut off, nothing is taken for a part of what it is not.
  if (::ftruncate(file_.get(), 0) != 0) throw file_error(beside_, errno);
  if (validator_.empty())
    ::unlink(origin_.c_str());
  else
    note_origin();
}

task<> download::write(std::string_view piece) {
  written_ += piece.size();
  if (name_.empty())
    co_await shown_.take(piece, piece::part);
  else if (as_it_is_)
    co_await write_as_it_is(piece);
  else
    write_whole(file_.get(), piece, beside_);
}

task<> download::write_as_it_is(std::string_view piece) {
  if (as_it_is_->is_terminal()) take_line_of_bar();
  try {
    co_await as_it_is_->write(piece);
  } catch (const error& failure) {
    if (is_output_error(failure)) throw file_error(name_, failure.code().value());
    throw;
  }
}

task<> download::finish() {
  co_await shown_.pause();
  if (beside_.empty() || is_finished_) co_return;
  // What the disk refuses late it tells now, or never.
  if (::close(file_.release()) != 0 || ::rename(beside_.c_str(), name_.c_str()) != 0)
    throw file_error(name_, errno);
  is_finished_ = true;
  if (resumes_) ::unlink(origin_.c_str());
}

}  // namespace ahoy::inline v0
