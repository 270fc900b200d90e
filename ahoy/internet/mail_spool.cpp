#include <ahoy/command/standard_streams.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/internet/mail_spool.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t piece_size = std::size_t{64} * 1024;
constexpr std::size_t longest_beginning = 1000;

std::string folder() {
  const char* named = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return named && *named ? named : "/tmp";
}

error failure(int errno_value) { return {system_code(errno_value), "keep mail in", folder()}; }

/// Not every file system has files without a name.
fd open_unnamed() {
  fd unnamed{::open(folder().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  if (unnamed) return unnamed;
  std::string name = folder() + "/ahoy.XXXXXX";
  fd named{::mkostemp(name.data(), O_CLOEXEC)};
  if (!named) throw failure(errno);
  ::unlink(name.c_str());
  return named;
}

}  // namespace

mail_spool::mail_spool() : file_{open_unnamed()} {}

void mail_spool::add(std::string_view piece) {
  if (piece.find('\0') != piece.npos)
    throw input_error(make_error_code(errc::malformed), "a mail holds no byte 0: --attach encodes a file");
  std::string wire;
  wire.reserve(piece.size() + piece.size() / 32);
  while (!piece.empty()) {
    const auto end = piece.find('\n');
    const std::string_view line = piece.substr(0, end);
    wire += line;
    if (!line.empty()) after_return_ = line.ends_with('\r');
    if (end == piece.npos) break;
    wire += std::exchange(after_return_, false) ? "\n" : "\r\n";
    piece.remove_prefix(end + 1);
  }
  write(wire);
}

void mail_spool::write(std::string_view wire) {
  if (beginning_.size() < longest_beginning)
    beginning_ += wire.substr(0, longest_beginning - beginning_.size());
  while (!wire.empty()) {
    const ssize_t written = ::pwrite(file_.get(), wire.data(), wire.size(), static_cast<off_t>(size_));
    if (written < 0 && errno != EINTR) throw failure(errno);
    size_ += written < 0 ? 0 : static_cast<std::uint64_t>(written);
    wire.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
}

std::string mail_spool::read() {
  std::string piece(piece_size, '\0');
  ssize_t size = -1;
  do {
    size = ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(read_));
  } while (size < 0 && errno == EINTR);
  if (size < 0) throw failure(errno);
  piece.resize(static_cast<std::size_t>(size));
  read_ += piece.size();
  return piece;
}

}  // namespace ahoy::inline v0
