#include <ahoy/address/ascii.hpp>
#include <ahoy/address/international_name.hpp>
#include <ahoy/command/known_hosts.hpp>
#include <ahoy/command/user_folder.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view kind = " sha256=";
constexpr std::size_t digits = 64;

/// As it stands in the file: a host has no spaces there, since its URL has none.
std::string name_of(const endpoint& server) {
  endpoint plain = server;
  plain.host = known_name(server.host);
  plain.fragment.clear();
  return lower(plain.to_string());
}

bool is_of(std::string_view line, std::string_view name) {
  const std::string_view rest = line.starts_with(name) ? line.substr(name.size()) : "-";
  return rest.empty() || rest.starts_with(' ') || rest.starts_with('\t');
}

/// The key that a line of this name has. One that cannot be read is not passed over: whoever wrote it meant
/// to trust one key alone.
std::string_view key_in(std::string_view line, std::string_view name, std::size_t number) {
  std::string_view rest = line.substr(name.size());
  const bool is_led = rest.starts_with(kind);
  rest.remove_prefix(is_led ? kind.size() : 0);
  const std::string_view key = rest.substr(0, rest.find_first_of(" \t\r"));
  if (!is_led || key.size() != digits || key.find_first_not_of("0123456789abcdef") != key.npos)
    throw unreadable(fmt::format("line {} of known_hosts", number), line,
                     "a server is followed by sha256= and 64 hexadecimal digits, lower case");
  return key;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string file_name() {
  const std::string folder = user_folder();
  return folder.empty() ? "" : folder + "/known_hosts";
}

}  // namespace

std::optional<known_host> find_known_host(std::string_view text, const endpoint& server) {
  const std::string name = name_of(server);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (is_of(line, name)) return known_host{std::string{key_in(line, name, number)}, {}, number};
  }
  return std::nullopt;
}

std::string with_known_host(std::string_view text, const endpoint& server, std::string_view key) {
  const std::string name = name_of(server);
  std::string made;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (!is_of(line, name)) made.append(line).append("\n");
  }
  return made + name + std::string{kind} + std::string{key} + "\n";
}

std::optional<known_host> known_host_of(const endpoint& server) {
  const std::string file = file_name();
  if (file.empty()) return std::nullopt;
  std::optional<known_host> found = find_known_host(text_of_file(file).value_or(""), server);
  if (found) found->file = file;
  return found;
}

bool remember_host(const endpoint& server, std::string_view key) {
  const std::string folder = user_folder();
  if (folder.empty()) return false;
  const folder_lock locked{folder};
  const std::string file = file_name();
  const std::string text = text_of_file(file).value_or("");
  const std::optional<known_host> found = find_known_host(text, server);
  if (found && found->key == key) return false;
  replace_file(file, with_known_host(text, server, key));
  return true;
}

}  // namespace ahoy::inline v0
