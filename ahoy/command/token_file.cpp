#include <ahoy/command/file_text.hpp>
#include <ahoy/command/secret_file.hpp>
#include <ahoy/command/token_file.hpp>
#include <ahoy/connection/tls_options.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

/// More than a token, and its newline: what is too long is told so.
constexpr std::size_t most_read = std::size_t{16} * tls_options::longest_token;

}  // namespace

std::string token_in_file(const std::string& name) {
  warn_where_others_read("--token", name);
  std::string token = file_text(name, most_read);
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
