#include <ahoy/command/notice.hpp>
#include <ahoy/command/token_file.hpp>
#include <ahoy/connection/tls_options.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/unreadable.hpp>
#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// A token, its newline, and what shows that there is more.
constexpr std::size_t most_read = tls_options::longest_token + 3;

std::string read(int file, const std::string& name) {
  std::string text(most_read, '\0');
  std::size_t size = 0;
  for (ssize_t got = 1; got > 0 && size < text.size();) {
    got = ::read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno != EINTR) throw error{system_code(errno), "read", escape(name)};
    size += got > 0 ? static_cast<std::size_t>(got) : 0;
    if (got < 0) got = 1;
  }
  text.resize(size);
  return text;
}

/// A pipe, or what a shell makes of <(...), is nobody else's.
void warn_where_others_read(int file, const std::string& name) {
  struct stat about{};
  const bool is_file = ::fstat(file, &about) == 0 && S_ISREG(about.st_mode);
  if (is_file && (about.st_mode & (S_IRGRP | S_IROTH)) != 0)
    notice(fmt::format("--token: others may read {}: chmod 600 keeps it to you", escape(name)));
}

}  // namespace

std::string token_in_file(const std::string& name) {
  const fd file{::open(name.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) throw error{system_code(errno), "read", escape(name)};
  warn_where_others_read(file.get(), name);
  std::string token = read(file.get(), name);
  if (token.ends_with('\n')) token.pop_back();
  if (token.ends_with('\r')) token.pop_back();
  constexpr auto least = tls_options::shortest_token;
  constexpr auto most = tls_options::longest_token;
  if (token.size() < least || token.size() > most)
    throw unreadable(
        "--token", name,
        fmt::format("a token has from {} to {} bytes: `openssl rand -hex 32` makes one", least, most));
  return token;
}

}  // namespace ahoy::inline v0
