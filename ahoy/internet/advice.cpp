#include <ahoy/internet/advice.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

namespace {

/// The first row that fits holds; `said` is what OpenSSL or libcurl say in the hint.
struct row {
  errc cause;
  std::string_view said;
  std::string_view schemes;  // these alone, between spaces; empty: all
  std::string_view advice;
  bool is_for_nobody = false;  // where no login was given
};

constexpr std::string_view no_tls = "wrong version number";

constexpr std::array rows{
    row{errc::not_trusted, "self-signed", "", "--cacert FILE believes it"},
    row{errc::not_trusted, "issuer", "", "--cacert FILE believes whoever has signed it"},
    row{errc::handshake_failed, no_tls, " https ", "the server speaks no TLS there: http://?"},
    row{errc::handshake_failed, no_tls, " gophers ", "the server speaks no TLS there: gopher://?"},
    row{errc::handshake_failed, no_tls, " ftps imaps nntps pop3s smtps ",
        "the server speaks no TLS there from the start: the scheme without s, and --starttls?"},
    row{errc::protocol_broken, "HTTP/0.9", " http ",
        "it is no HTTP, or not without TLS: another port, or https://?"},
    row{errc::login_refused, "", "", "say who you are with --user NAME", true},
};

bool fits(const row& each, const error& failure, const std::string& scheme, bool has_login) {
  return failure.code() == each.cause && !(each.is_for_nobody && has_login) &&
         failure.hint().find(each.said) != std::string::npos &&
         (each.schemes.empty() || each.schemes.find(" " + scheme + " ") != std::string_view::npos);
}

}  // namespace

error advised(const error& failure, const endpoint& to, bool has_login) {
  const std::string scheme{to_string(to.scheme)};
  const auto* found =
      std::ranges::find_if(rows, [&](const row& each) { return fits(each, failure, scheme, has_login); });
  if (found == rows.end()) return failure;
  const std::string said = failure.hint().empty() ? "" : failure.hint() + "; ";
  return {failure.code(), failure.verb(), failure.address(), said + std::string{found->advice}};
}

}  // namespace ahoy::inline v0
