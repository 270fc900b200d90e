#include <ahoy/address/lookup.hpp>
#include <ahoy/command/inheritance.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace ahoy::inline v0 {

namespace {

constexpr const char* for_whom = "LISTEN_PID";
constexpr const char* how_many = "LISTEN_FDS";
constexpr const char* names = "LISTEN_FDNAMES";
constexpr const char* succession = "AHOY_SUCCESSOR";
constexpr int first_given = 3;  // SD_LISTEN_FDS_START
constexpr int most_given = 1024;

std::string_view value_of(const char* name) noexcept {
  const char* found = std::getenv(name);
  return found ? found : "";
}

std::optional<int> number_in(std::string_view text, int most) noexcept {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_one =
      failure == std::errc{} && end == text.data() + text.size() && number >= 0 && number <= most;
  return is_one ? std::optional{number} : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> words;
  for (std::size_t end = 0; end != text.npos;) {
    end = text.find(by);
    words.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return words;
}

int option_of(int number, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(number, SOL_SOCKET, option, &value, &size) == 0) return value;
  throw error{system_code(errno), "inherit", fmt::format("descriptor {}", number),
              fmt::format("{} says that a socket is there", how_many)};
}

address address_of(int number) {
  address found;
  socklen_t size = address::capacity();
  if (::getsockname(number, found.data(), &size) == 0) found.set_size(size);
  return found;
}

std::string text_of(const given_socket& given) {
  const std::string name = given.name.empty() ? "" : fmt::format(" ({})", escape(given.name));
  return fmt::format("descriptor {}{}, {}", given.number, name, address_of(given.number).to_string());
}

[[noreturn]] void refuse(const given_socket& given, const std::string& why) {
  throw error{make_error_code(errc::malformed), "inherit", text_of(given), why};
}

transport transport_of(const given_socket& given) {
  const family of = address_of(given.number).family();
  const bool is_datagram = option_of(given.number, SO_TYPE) == SOCK_DGRAM;
  if (of != family::local && is_datagram) return transport::udp;
  const bool listens =
      option_of(given.number, SO_TYPE) == SOCK_STREAM && option_of(given.number, SO_ACCEPTCONN) != 0;
  if (listens && of == family::local) return transport::local;
  if (listens && (of == family::inet || of == family::inet6)) return transport::tcp;
  refuse(given, "it is neither a listening stream socket nor one of UDP");
}

endpoint endpoint_for(const given_socket& given) {
  const address on = address_of(given.number);
  const transport by = transport_of(given);
  endpoint made;
  made.scheme = by == transport::udp ? scheme::udp : by == transport::local ? scheme::local : scheme::tcp;
  if (given.name == "tls" && by == transport::tcp) made.scheme = scheme::tls;
  if (by == transport::local)
    made.path = on.host();
  else
    made.host = on.is_any() ? host{} : host{on.host()};
  made.port = on.port();
  return made;
}

/// TLS is spoken over what is TCP's.
bool is_for(const given_socket& given, const endpoint& on) {
  const address own = address_of(given.number);
  const transport by = transport_of(given);
  const transport asked = on.transport() == transport::tls ? transport::tcp : on.transport();
  if (by != asked) return false;
  if (by == transport::local) return address::local(on.path) == own;
  if (own.port() != on.port.number()) return false;
  if (on.host.kind() == host_kind::any) return own.is_any();
  const std::vector<address> all = lookup(on.host, on.port, family::unspecified, on.type(), lookup_use::bind);
  return std::ranges::find(all, own) != all.end();
}

std::size_t endpoint_of(const given_socket& given, std::span<const endpoint> on) {
  if (given.endpoint && *given.endpoint < on.size()) return *given.endpoint;
  for (std::size_t i = 0; i < on.size(); ++i)
    if (is_for(given, on[i])) return i;
  refuse(given, "no ENDPOINT is the same; leave them out, and all that is inherited is served");
}

/// "5 0+ 1": to descriptor 5, the first socket is endpoint 0's and its file goes with it.
void read_succession(std::string_view text, inheritance& into) {
  const std::vector<std::string_view> words = split(text, ' ');
  into.successor_of = number_in(words.front(), INT_MAX);
  const bool is_whole = into.successor_of && words.size() == into.sockets.size() + 1 &&
                        ::fcntl(*into.successor_of, F_GETFD) >= 0;
  if (!is_whole) throw unreadable(succession, text, "a listener that is succeeded sets it, and nobody else");
  for (std::size_t i = 0; i < into.sockets.size(); ++i) {
    std::string_view word = words[i + 1];
    const bool has_file = word.ends_with('+');
    if (has_file) word.remove_suffix(1);
    const auto number = number_in(word, most_given);
    if (!number) throw unreadable(succession, text, "an endpoint's number was expected");
    into.sockets[i].endpoint = static_cast<std::size_t>(*number);
    into.sockets[i].file = has_file ? file_is::ours : file_is::theirs;
  }
}

}  // namespace

std::vector<endpoint> inheritance::endpoints() const {
  std::vector<endpoint> all;
  all.reserve(sockets.size());
  for (const given_socket& each : sockets) all.push_back(endpoint_for(each));
  return all;
}

inheritance find_inheritance() {
  inheritance all;
  if (value_of(for_whom) != std::to_string(::getpid())) return all;
  const auto count = number_in(value_of(how_many), most_given);
  if (!count) throw unreadable(how_many, value_of(how_many), "it is the number of sockets, at most 1024");
  const std::vector<std::string_view> called = split(value_of(names), ':');
  for (int i = 0; i < *count; ++i) {
    given_socket next;
    next.number = first_given + i;
    const auto at = static_cast<std::size_t>(i);
    if (at < called.size()) next.name = called[at];
    static_cast<void>(option_of(next.number, SO_TYPE));  // throws where there is none
    all.sockets.push_back(std::move(next));
  }
  if (!value_of(succession).empty()) read_succession(value_of(succession), all);
  return all;
}

std::vector<inherited_socket> claim(const inheritance& all, std::span<const endpoint> on) {
  std::vector<inherited_socket> claimed;
  for (const given_socket& each : all.sockets) {
    const std::size_t number = endpoint_of(each, on);
    ::fcntl(each.number, F_SETFD, FD_CLOEXEC);
    claimed.emplace_back(number, fd{each.number}, each.file);
  }
  if (all.successor_of) ::fcntl(*all.successor_of, F_SETFD, FD_CLOEXEC);
  for (const char* each : {for_whom, how_many, names, succession}) ::unsetenv(each);
  return claimed;
}

}  // namespace ahoy::inline v0
