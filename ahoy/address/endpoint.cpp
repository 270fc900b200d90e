#include <ahoy/address/address.hpp>
#include <ahoy/address/ascii.hpp>
#include <ahoy/address/endpoint.hpp>
#include <ahoy/error/unreadable.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <utility>

namespace ahoy::inline v0 {
namespace {

constexpr std::string_view unix_prefix = "unix:";

[[noreturn]] void refuse(std::string_view text, const std::string& hint) {
  throw unreadable("endpoint", text, hint);
}

bool is_inet6(std::string_view text) {
  in6_addr ignored{};
  auto digits = std::string(text.substr(0, text.find('%')));
  return inet_pton(AF_INET6, digits.c_str(), &ignored) == 1;
}

// Host and port as written; a port that is not there is empty, one that is there is not.
struct halves {
  std::string_view host, port;
};

halves split_bracketed(std::string_view text) {
  auto end = text.find(']');
  if (end == text.npos) refuse(text, "a ']' must end the IPv6 address");
  auto rest = text.substr(end + 1);
  if (!is_inet6(text.substr(1, end - 1))) refuse(text, "brackets hold an IPv6 address, as in [::1]:23456");
  if (rest.empty()) return {text.substr(0, end + 1), {}};
  if (rest[0] != ':' || rest.size() == 1) refuse(text, "after the ']' comes nothing, or a colon and a port");
  return {text.substr(0, end + 1), rest.substr(1)};
}

// Without brackets ::1:80 is both an address and, up to its last colon, an address with a port: nobody can
// know.
halves split_bare_inet6(std::string_view text) {
  auto last = text.rfind(':');
  auto head = text.substr(0, last);
  auto tail = text.substr(last + 1);
  bool could_have_port = is_inet6(head) && all_digits(tail);
  if (is_inet6(text) && !could_have_port) return {text, {}};
  if (could_have_port)
    refuse(text, fmt::format("write [{}]:{} or [{}], whichever is meant", head, tail, text));
  refuse(
      text,
      "an IPv6 address with a port is written [address]:port; any other host has one colon, before its port");
}

halves split(std::string_view text, bool is_url) {
  if (text.starts_with('[')) return split_bracketed(text);
  auto colon = text.find(':');
  if (colon == text.npos) return {text, {}};
  if (colon + 1 == text.size()) refuse(text, "a port must follow the colon");
  if (text.find(':', colon + 1) == text.npos) return {text.substr(0, colon), text.substr(colon + 1)};
  if (is_url && is_inet6(text))
    refuse(text, fmt::format("in a URL an IPv6 address stands in brackets: [{}]", text));
  return split_bare_inet6(text);
}

// [fe80::1%25eth0] is [fe80::1%eth0]; a lone %25 is the interface with that number.
std::string without_encoded_percent(std::string_view host) {
  std::string text(host);
  auto percent = text.find("%25");
  bool encoded = percent != text.npos && text.size() > percent + 3 && text[percent + 3] != ']';
  return encoded ? text.erase(percent + 1, 2) : text;
}

void set_host_and_port(endpoint& made, std::string_view text, bool is_url) {
  auto [host, port] = split(text, is_url);
  made.host = ahoy::host(host.starts_with('[') ? without_encoded_percent(host) : std::string(host));
  made.port = port.empty() ? ahoy::port(traits(made.scheme).port) : ahoy::port(port, made.type());
}

endpoint local_endpoint(std::string_view text) {
  auto path = text.substr(unix_prefix.size());
  if (path.starts_with("//") && !path.starts_with("///"))
    refuse(text, "a path follows: unix:///absolute/path, or unix:relative/path");
  if (path.starts_with("///")) path.remove_prefix(2);
  endpoint made;
  made.scheme = scheme::local;
  made.path = path;
  made.port = 0;
  static_cast<void>(address::local(path));  // refuses what the system could not take
  return made;
}

bool is_unprintable(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

// Takes what follows `mark`, if it is there, off the end of `rest`.
std::string_view cut_from(std::string_view& rest, std::string_view marks) {
  auto at = std::min(rest.find_first_of(marks), rest.size());
  auto tail = rest.substr(at);
  rest = rest.substr(0, at);
  return tail;
}

// Of tls: the key that its server has.
std::string_view checked_fingerprint(std::string_view text, std::string_view fragment) {
  constexpr std::string_view kind = "#sha256=";
  const auto digits = fragment.substr(std::min(kind.size(), fragment.size()));
  const bool is_read = fragment.starts_with(kind) && digits.size() == 64 &&
                       digits.find_first_not_of("0123456789abcdef") == digits.npos;
  if (!is_read) refuse(text, "after the # comes the key's fingerprint, sha256= and 64 digits 0-9a-f");
  return fragment;
}

void set_url_parts(endpoint& made, std::string_view text, std::string_view rest) {
  auto fragment = cut_from(rest, "#");
  auto path = cut_from(rest, "/?");
  auto at = rest.rfind('@');
  bool is_url = traits(made.scheme).is_url;
  if (!is_url && at != rest.npos)
    refuse(text, fmt::format("{} knows no user: leave out what is before the '@'", to_string(made.scheme)));
  const bool may_have_fragment = is_url || made.scheme == scheme::tls;
  if (made.scheme == scheme::tls && !fragment.empty()) fragment = checked_fingerprint(text, fragment);
  if ((!may_have_fragment && !fragment.empty()) || (!is_url && (path.size() > 1 || path == "?")))
    refuse(text, fmt::format("{} knows no path: nothing follows the port", to_string(made.scheme)));
  if (at != rest.npos) made.user = rest.substr(0, at);
  if (is_url) made.path = path;
  if (!fragment.empty()) made.fragment = fragment.substr(1);
  set_host_and_port(made, rest.substr(at + 1), true);
  if (is_url && made.host == host()) refuse(text, "a host must follow the //");
}

endpoint url_endpoint(std::string_view text, std::size_t colon) {
  endpoint made;
  made.scheme = parse_scheme(text.substr(0, colon));
  if (std::ranges::any_of(text, is_unprintable))
    refuse(text, "a URL has no spaces or control bytes: write them as %20");
  set_url_parts(made, text, text.substr(colon + 3));
  return made;
}

std::string host_in_url(const host& host) {
  auto text = host.text();
  if (host.kind() != host_kind::inet6) return text;
  if (auto percent = text.find('%'); percent != text.npos) text.insert(percent + 1, "25");
  return fmt::format("[{}]", text);
}

}  // namespace

endpoint endpoint::parse(std::string_view text) {
  if (text.empty()) refuse(text, "give a host, host:port, or scheme://host:port");
  if (lower(text.substr(0, unix_prefix.size())) == unix_prefix) return local_endpoint(text);
  if (auto colon = text.find("://"); colon != text.npos) return url_endpoint(text, colon);
  if (text.find('/') != text.npos)
    refuse(text, "a socket file is written unix:///path, a URL scheme://host:port");
  if (all_digits(text) && text.size() <= 5)
    refuse(text, fmt::format("a number alone might be a port: write localhost:{0}, or as two words HOST {0}",
                             text));
  endpoint made;
  set_host_and_port(made, text, false);
  return made;
}

endpoint endpoint::parse(std::string_view host, std::string_view port) {
  endpoint made;
  made.host = ahoy::host(host);
  made.port = ahoy::port(port);
  return made;
}

endpoint endpoint::parse_for_listen(std::string_view text) {
  return all_digits(text) ? parse("", text) : parse(text);
}

socket_type endpoint::type() const noexcept {
  return transport() == ahoy::transport::udp ? socket_type::datagram : socket_type::stream;
}

std::string endpoint::to_string() const {
  const auto& row = traits(scheme);
  if (scheme == ahoy::scheme::local)
    return fmt::format("{}{}{}", unix_prefix, path.starts_with('/') ? "//" : "", path);
  auto text = fmt::format("{}://{}{}{}", row.text, user, user.empty() ? "" : "@", host_in_url(host));
  if (!row.is_url || port != ahoy::port(row.port)) text += ":" + ahoy::to_string(port);
  text += path;
  return fragment.empty() ? text : fmt::format("{}#{}", text, fragment);
}

}  // namespace ahoy::inline v0
