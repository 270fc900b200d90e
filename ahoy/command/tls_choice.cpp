#include <ahoy/address/ascii.hpp>
#include <ahoy/command/file_text.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/secret_file.hpp>
#include <ahoy/command/tls_choice.hpp>
#include <ahoy/command/tls_opening.hpp>
#include <ahoy/command/token_file.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/command/user_folder.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/secret.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <sstream>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view kind = "sha256=";
constexpr std::size_t digits = 64;
constexpr std::size_t most_keys = std::size_t{16} * 1024 * 1024;  // bytes of a file of them
constexpr std::string_view own_names = "DNS:localhost,IP:127.0.0.1,IP:::1";

std::string without_kind(std::string_view fingerprint) {
  return std::string{fingerprint.starts_with(kind) ? fingerprint.substr(kind.size()) : fingerprint};
}

void warn_where_out_of_date(const std::string& certificate, const security& shows) {
  const std::string why = shows.why_out_of_date();
  if (!why.empty())
    notice(fmt::format("--cert {}: {}: only who trusts its key, and not its date, takes it",
                       escape(certificate), why));
}

tls_options options_of(const tls_settings& how) {
  tls_options made;
  if (!how.key.empty())
    warn_where_others_read("--key", how.key);
  else if (!how.cert.empty())
    warn_where_others_read("--cert, which has the key", how.cert);
  made.authorities = how.cacert;
  made.certificate = how.cert;
  made.key = how.key;
  made.insecure = how.insecure;
  made.protocols = how.protocols;
  if (!how.token.empty()) made.token = token_in_file(how.token);
  return made;
}

}  // namespace

tls_choice::tls_choice(const endpoint& to, const tls_settings& how)
    : to_{to}, given_{without_kind(to.fragment)} {
  if (how.insecure && !given_.empty())
    throw usage_error(usage_errc::contradictory, "option --insecure and URL", escape(to.to_string()),
                      "leave one out: the fingerprint says who is believed");
  const bool asks_others = !given_.empty() || !how.cacert.empty() || how.insecure;
  if (!asks_others) known_ = known_host_of(to);
  tls_options options = options_of(how);
  if (!given_.empty()) options.trusted_keys = {given_};
  if (known_) options.trusted_keys = {known_->key};
  if (how.insecure)
    notice(how.token.empty() ? "--insecure: whoever answers is believed, and may not be who was asked for"
                             : "--insecure: whoever has the token is believed");
  side_ = security_of_client(options);
  warn_where_out_of_date(how.cert, *side_);
}

void tls_choice::accepted() const {
  if (given_.empty()) return;
  try {
    const bool is_new = remember_host(to_, given_);
    endpoint plain = to_;
    plain.fragment.clear();
    if (is_new) notice(fmt::format("the key of {} is known from now on", escape(plain.to_string())));
  } catch (const error& why) {
    notice(fmt::format("the key cannot be remembered: {}", why.what()));
  }
}

error tls_choice::explained(const trust_error& why) const {
  if (why.key().empty()) return {why.code(), why.verb(), why.address(), why.hint()};
  endpoint pinned = to_;
  pinned.fragment = std::string{kind} + why.key();
  const std::string line = "ahoy call " + pinned.to_string();
  if (!given_.empty())
    return {
        why.code(), why.verb(), why.address(),
        fmt::format("IT HAS ANOTHER KEY THAN THE URL SAYS: {}. Somebody may be in between. If the server's "
                    "owner says that this is its key: {}",
                    why.hint(), line)};
  if (known_)
    return {
        why.code(), why.verb(), why.address(),
        fmt::format(
            "ITS KEY HAS CHANGED: {}:{} has sha256={}, and it shows sha256={}. Somebody may be in between. "
            "If the server's owner says that the key is new, accept it: {}",
            escape(known_->file), known_->line, known_->key, why.key(), line)};
  return {why.code(), why.verb(), why.address(),
          fmt::format("{}. To trust this key alone, where you know that it is the server's: {}", why.hint(),
                      line)};
}

/// Made once, whoever else makes one at the same time.
own_identity identity_of_user() {
  const std::string folder = user_folder();
  if (folder.empty())
    throw error{system_code(ENOENT), "keep", "a key of our own", "set HOME, or say --cert and --key"};
  const folder_lock locked{folder};
  own_identity own{folder + "/identity.pem", {}, {}};
  std::optional<std::string> kept = text_of_file(own.file);
  if (!kept) replace_file(own.file, kept.emplace(new_identity(std::string{own_names})));
  own.text = std::move(*kept);
  warn_where_others_read("our own key", own.file);
  own.fingerprint = fingerprint_of_key(own.file);
  return own;
}

std::shared_ptr<const security> security_of_listener(const tls_settings& how, const own_identity& who,
                                                     duration handshake_timeout) {
  tls_options options = options_of(how);
  options.identity = who.text;
  options.requires_certificate = how.requires_certificate;
  if (!how.allow_key.empty()) options.trusted_keys = keys_in_file(how.allow_key);
  options.handshake_timeout = handshake_timeout;
  std::shared_ptr<const security> made = security_of_server(options);
  warn_where_out_of_date(how.cert, *made);
  return made;
}

std::vector<std::string> keys_in_file(const std::string& name) {
  std::vector<std::string> keys;
  std::istringstream lines{file_text(name, most_keys)};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line); ++number) {
    std::istringstream words{line};
    std::string word;
    if (!(words >> word) || word.starts_with('#')) continue;
    const std::string key = lower(without_kind(word));
    if (key.size() != digits || key.find_first_not_of("0123456789abcdef") != key.npos)
      throw unreadable(fmt::format("line {} of {}", number + 1, escape(name)), without_token(word),
                       "a fingerprint is sha256= and 64 hexadecimal digits");
    keys.push_back(key);
  }
  if (keys.empty()) throw unreadable("--allow-key", name, "it has no fingerprint, so that nobody could call");
  return keys;
}

}  // namespace ahoy::inline v0
