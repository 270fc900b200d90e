#pragma once
#include <string>

namespace ahoy::inline v0 {

/// The name of this machine, as the hand-out's socket.gethostname. It need not resolve: where the name is
/// missing from /etc/hosts and DNS, looking it up throws host_not_found with a hint that says so.
[[nodiscard]] std::string gethostname();

}  // namespace ahoy::inline v0
