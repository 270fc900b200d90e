#include <ahoy/command/listen_rules.hpp>
#include <ahoy/command/network_files.hpp>
#include <ahoy/command/tls_choice.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

std::vector<network> networks(std::vector<network> given, const std::vector<std::string>& files,
                              empty_list what_of_none) {
  for (const std::string& each : files) {
    const std::vector<network> more = networks_in_file(each, what_of_none);
    given.insert(given.end(), more.begin(), more.end());
  }
  return given;
}

std::string counted(std::size_t networks) {
  return fmt::format("{} network{}", networks, networks == 1 ? "" : "s");
}

}  // namespace

std::string listen_rules::summary() const {
  return fmt::format("{} allowed, {} denied{}",
                     rules.allow.empty() ? "everybody" : counted(rules.allow.size()),
                     rules.deny.empty() ? "nobody" : counted(rules.deny.size()),
                     rules.tls ? ", keys and certificates as their files are" : "");
}

bool speaks_tls(const listen_options& options) noexcept {
  return std::ranges::any_of(options.on, [](const endpoint& each) { return each.scheme == scheme::tls; });
}

std::vector<std::string> files_of_rules(const listen_options& options) {
  std::vector<std::string> all = options.allow_files;
  all.insert(all.end(), options.deny_files.begin(), options.deny_files.end());
  const tls_settings& how = options.tls;
  for (const std::string& each : {how.cert, how.key, how.cacert, how.allow_key, how.token})
    if (!each.empty()) all.push_back(each);
  return all;
}

listen_rules read_rules(const listen_options& options) {
  listen_rules made;
  made.rules.allow = networks(options.server.allow, options.allow_files, empty_list::is_refused);
  made.rules.deny = networks(options.server.deny, options.deny_files, empty_list::is_fine);
  if (speaks_tls(options))
    made.rules.tls = security_of_listener(options.tls, options.identity, options.handshake_timeout);
  return made;
}

}  // namespace ahoy::inline v0
