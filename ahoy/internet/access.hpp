#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/protocol/transfer_options.hpp>

#include <string>

namespace ahoy::inline v0 {

/// How the options of the command say that a server is to be reached: who we are (--user, the URL, ~/.netrc,
/// or asked for on the terminal), whom we believe, and the dialogue on standard error under -v. What weakens
/// it is said aloud. Throws error.
[[nodiscard]] transfer_options access_to(const internet_options& given);

/// Whether servers of that scheme ask who one is.
[[nodiscard]] bool has_login(scheme of);

/// Whether TLS is begun on a connection that begins without: where it was asked for, and for a login that
/// would go to another machine, but for --insecure. Throws error (login_refused) where such a login would go
/// by a scheme that cannot begin it.
[[nodiscard]] bool starts_tls(const internet_options& given, bool logs_in);

/// The URL for libcurl, which holds no user.
[[nodiscard]] std::string url_of(const internet_options& given);
/// "ftp://localhost:2121", without what follows the server's name.
[[nodiscard]] std::string server_url_of(const internet_options& given);

}  // namespace ahoy::inline v0
