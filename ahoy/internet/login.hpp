#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/protocol/transfer_options.hpp>

namespace ahoy::inline v0 {

/// Who we are to a server: --user or the URL's, else what ~/.netrc has for its host (the file that NETRC
/// names in the environment takes its place); a password that none of them has is asked for on the terminal,
/// without echo. A file that cannot be read counts as none. Throws error: login_refused where there is no
/// terminal to ask on.
[[nodiscard]] credentials login_for(const internet_options& given);

}  // namespace ahoy::inline v0
