#include <ahoy/command/tls_advice.hpp>
#include <ahoy/command/tls_opening.hpp>
#include <ahoy/error/escape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace ahoy::inline v0 {

namespace {

/// What follows these words in a hint; {0} is the endpoint with TLS, {1} without. The first that fits.
struct step_row {
  std::string_view words;
  const char* next;
  bool shows = false;  // a certificate: no news to whoever has shown one
};
constexpr std::array steps{
    step_row{"it speaks TLS, and has not understood", ": call it by {0}"},
    step_row{"a token, or a certificate, of ours",
             ": --token FILE proves the one, --cert FILE shows the other"},
    step_row{"a certificate of ours", ": --cert FILE shows one, --key FILE has its key", true},
    step_row{"what it says is not TLS", ": without TLS it is {1}"},
    step_row{"unexpected message", ": if it speaks no TLS it is {1}"},
    step_row{"it ended the connection instead", ": it may not let us in; if it speaks no TLS it is {1}"},
    step_row{"it reset the connection instead", ": it may not let us in; if it speaks no TLS it is {1}"},
    step_row{"it asks for none", ": leave --token out"},
    step_row{"does it speak TLS?", " If not, it is {1}"},
};

std::string with_scheme(scheme of, endpoint to) {
  to.scheme = of;
  to.fragment.clear();
  return escape(to.to_string());
}

std::string with_step(std::string hint, const endpoint& to, const tls_settings& how) {
  const auto* found =
      std::ranges::find_if(steps, [&](const step_row& each) { return hint.find(each.words) != hint.npos; });
  if (found == steps.end() || (found->shows && !how.cert.empty())) return hint;
  const bool leaves_tls = std::string_view{found->next}.find("{1}") != std::string_view::npos;
  if (leaves_tls && (!to.fragment.empty() || !how.token.empty()))
    return hint;  // who asks for a proof has a reason
  const std::string next =
      fmt::format(fmt::runtime(found->next), with_scheme(scheme::tls, to), with_scheme(scheme::tcp, to));
  return hint.insert(hint.find(found->words) + found->words.size(), next);
}

/// Whoever is refused with a certificate has to have its key allowed, and to know which that is.
std::string shown_key(std::string_view hint, const tls_settings& how) {
  if (how.cert.empty() || hint.find("does not take our certificate") == hint.npos) return {};
  const std::string key = own_key(how);
  return key.empty() ? "" : "; the key that we have shown is sha256=" + key;
}

}  // namespace

std::string own_key(const tls_settings& how) {
  if (how.cert.empty()) return {};
  try {
    return fingerprint_of_key(how.cert);
  } catch (const error&) {
    return {};
  }
}

error with_next_step(const error& why, const endpoint& to, const tls_settings& how) {
  const bool is_silence = why.code() == std::errc::timed_out && why.verb() == "begin TLS with";
  const bool is_about_token = why.verb() == "prove token to";
  if (why.code() != errc::handshake_failed && !is_silence && !is_about_token) return why;
  return {why.code(), why.verb(), why.address(), with_step(why.hint(), to, how) + shown_key(why.hint(), how)};
}

}  // namespace ahoy::inline v0
