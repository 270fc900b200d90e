#include <ahoy/command/explanation.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/explain.hpp>
#include <ahoy/internet/requests.hpp>
#include <ahoy/protocol/dialogue.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

std::string believed(const internet_options& given) {
  if (given.insecure) return "any certificate: whoever is on the way may read and change everything";
  const std::string authorities = given.cacert.empty() ? "the system's authorities" : escape(given.cacert);
  return fmt::format("a certificate for {} that {} vouch for", given.to.host.text(), authorities);
}

void add_server(explanation& all, const internet_options& given) {
  all.add_peer(given.to, given);
  const bool is_encrypted = given.to.transport() == transport::tls;
  if (!is_encrypted && !starts_tls(given, given.user.has_value() && has_login(given.to.scheme))) return;
  all.add("begin TLS", is_encrypted ? "at once" : "before anything else is said");
  all.add("believe", believed(given));
}

std::string login_text(const internet_options& given) {
  if (!given.user) return "as ~/.netrc says, where it knows the server";
  return fmt::format("as {}, with {}", escape(*given.user),
                     given.password ? "the password given" : "a password from ~/.netrc or the terminal");
}

template <class Options>
explanation begun(std::string_view verb, const Options& given) {
  explanation all(verb);
  add_server(all, given);
  if (has_login(given.to.scheme)) all.add("log in", login_text(given));
  secrets_filter filter;
  for (const std::string& each : requests_for(given))
    filter.each_line(each + "\n", said_by::us, [&](said_by, std::string_view line) { all.add("say", line); });
  return all;
}

std::string content_text(const upload_options& given) {
  const std::size_t files = given.attachments.size();
  return (given.messages.empty() ? "standard input" : "the MESSAGEs given") +
         (files == 0 ? "" : fmt::format(", and {} file{}", files, files == 1 ? "" : "s"));
}

}  // namespace

std::string explain(const fetch_options& given) {
  explanation all = begun("fetch", given);
  all.add("write", given.output.empty() ? "what comes to standard output"
                                        : fmt::format("what comes to {}", escape(given.output)));
  all.add_give_up(given);
  all.add_statuses(verb::fetch);
  return std::move(all).text();
}

std::string explain(const upload_options& given) {
  explanation all = begun("send", given);
  all.add("send", content_text(given));
  all.add_give_up(given);
  all.add_statuses(verb::send);
  return std::move(all).text();
}

std::string explain(const telnet_options& given) {
  explanation all("call");
  add_server(all, given);
  all.add("negotiate", "what the server asks for: echo, binary, terminal type, window size");
  all.add("say", "standard input");
  all.add_give_up(given);
  all.add_statuses(verb::call);
  return std::move(all).text();
}

}  // namespace ahoy::inline v0
