#include <ahoy/command/file_text.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

constexpr int patience_with_writer = 2000;  // milliseconds

[[noreturn]] void fail(int why, const std::string& name) {
  throw error{system_code(why), "read", escape(name)};
}

void wait_for_writer(int file, const std::string& name) {
  pollfd asked{file, POLLIN, 0};
  const int ready = ::poll(&asked, 1, patience_with_writer);
  if (ready == 0) fail(ETIMEDOUT, name);
  if (ready < 0 && errno != EINTR) fail(errno, name);
}

}  // namespace

std::string file_text(const std::string& name, std::size_t most) {
  const fd file{::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file) fail(errno, name);
  std::string text;
  std::array<char, 65536> piece{};
  for (ssize_t got = 1; got != 0;) {
    got = ::read(file.get(), piece.data(), piece.size());
    const bool has_to_wait = got < 0 && errno == EAGAIN;
    if (has_to_wait) wait_for_writer(file.get(), name);
    if (got < 0 && !has_to_wait && errno != EINTR) fail(errno, name);
    text.append(piece.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    if (text.size() > most)
      throw error{system_code(EFBIG), "read", escape(name), fmt::format("it may have {} bytes", most)};
  }
  return text;
}

}  // namespace ahoy::inline v0
