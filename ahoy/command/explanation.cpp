#include <ahoy/command/endpoint_words.hpp>
#include <ahoy/command/explanation.hpp>
#include <ahoy/command/status_text.hpp>
#include <ahoy/command/value_text.hpp>
#include <ahoy/error/escape.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

std::string_view family_text(family wanted) {
  if (wanted == family::inet) return ", IPv4 alone";
  return wanted == family::inet6 ? ", IPv6 alone" : "";
}

namespace {

std::string believed_text(const endpoint& to, const tls_settings& how) {
  if (how.insecure) return "whoever answers";
  if (!to.fragment.empty()) return "the key " + to.fragment + " alone, and remember it";
  const std::string vouching = how.cacert.empty() ? "the system's authorities" : escape(how.cacert);
  const std::string known = how.cacert.empty() ? "a key in known_hosts, or else " : "";
  return fmt::format("{}who has a certificate for {} by {}", known, to.host.text(), vouching);
}

std::string source_text(const common_options& given) {
  std::string chosen = "an address that the system chooses";
  if (!given.source) return chosen;
  const auto [host, port] = read_source(*given.source);
  return host.kind() == host_kind::any ? fmt::format("port {} of {}", port.number(), chosen) : *given.source;
}

}  // namespace

explanation::explanation(std::string_view verb)
    : text_(fmt::format("ahoy {} would, without --explain:\n", verb)) {}

void explanation::add(std::string_view what, std::string_view how) {
  text_ += fmt::format("  {:<14}{}\n", what, escape_controls(how));
}

void explanation::add_give_up(const common_options& given) {
  add("give up", given.timeout == no_timeout
                     ? "never: --timeout is none"
                     : fmt::format("after {}, with status 28", duration_text(given.timeout)));
}

void explanation::add_peer(const endpoint& to, const common_options& given) {
  const bool is_datagram = to.type() == socket_type::datagram;
  if (to.host.kind() == host_kind::name && to.scheme != scheme::local) add("look up", to.host.text());
  const auto limit = given.connect_timeout == no_timeout
                         ? std::string("without a limit of time")
                         : fmt::format("within {}", duration_text(given.connect_timeout));
  add(is_datagram ? "speak to" : "connect to",
      fmt::format("{}, {}{}", to.to_string(), limit, family_text(given.wanted)));
  if (to.scheme != scheme::local) add("from", source_text(given));
  if (to.scheme == scheme::tls) add("believe", believed_text(to, given.tls));
  if (!given.tls.cert.empty()) add("show", escape(given.tls.cert));
  if (!given.tls.token.empty()) add("prove", "to have the token in " + escape(given.tls.token));
}

void explanation::add_statuses(verb of) {
  std::string numbers;
  for (const auto& [value, meaning] : statuses_of(of))
    numbers += fmt::format("{}{}", numbers.empty() ? "" : " ", to_integer(value));
  add("exit with", fmt::format("one of {}: see `ahoy help {}`", numbers, row_of(of).name));
}

}  // namespace ahoy::inline v0
