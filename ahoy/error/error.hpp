#pragma once
#include <string>
#include <system_error>

namespace ahoy::inline v0 {

/// Causes that errno has no word for. std::errc covers the rest; ahoy::errc compares with an std::error_code.
enum class errc {
  host_not_found = 1,  ///< no address is known for a name
  service_not_found,   ///< no port is known for a service name
  malformed,           ///< a text (host, port, endpoint, option) that cannot be read
  out_of_range,        ///< a number outside what its field can hold
  too_long,            ///< a message over the limit that its reader set
  protocol_broken,     ///< the peer sent what the protocol does not allow
  cut_short,           ///< the stream ended inside a message
  lookup_unanswered,   ///< the name servers gave no answer: the name may exist, and a later try may find it
  too_slow,            ///< the peer takes what is sent to it too slowly
  refused,             ///< by the server, in its protocol's words
  login_refused,       ///< the server does not let this user in, or not without a login
  not_there,           ///< the server has no such thing
  not_trusted,         ///< the server's certificate
  handshake_failed,    ///< no TLS was agreed on, or the server has none
};

/// The category of ahoy::errc; its name is "ahoy".
[[nodiscard]] const std::error_category& error_category() noexcept;
[[nodiscard]] std::error_code make_error_code(errc cause) noexcept;

/// What every function of the library throws. what() is one line: verb, address, cause, as in
/// "connect to [::1]:23456 (localhost): connection refused". Text that came from a peer is escaped in it.
class error : public std::system_error {
 public:
  /// `hint` is the next step for whoever reads the message; it is not part of what(). Where none is given,
  /// hint() is the usual one for this verb and cause, if there is one (see hint.hpp). `address` is shown as
  /// it is, but for bytes that a terminal would obey: those are escaped.
  error(std::error_code cause, std::string verb, std::string address, const std::string& hint = {});

  [[nodiscard]] const char* what() const noexcept override { return line_.c_str(); }
  [[nodiscard]] const std::string& verb() const noexcept { return verb_; }
  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

 private:
  std::string verb_, address_, hint_, line_;
};

/// The error_code of an errno value.
[[nodiscard]] std::error_code system_code(int errno_value) noexcept;

/// A cause in the words of an error line: "connection refused", not "Connection refused". It does not depend
/// on the locale.
[[nodiscard]] std::string cause_in_words(const std::error_code& cause);

}  // namespace ahoy::inline v0

template <>
struct std::is_error_code_enum<ahoy::errc> : std::true_type {};
