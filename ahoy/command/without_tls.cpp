#include <ahoy/command/tls_opening.hpp>

namespace ahoy::inline v0 {

bool speaks_tls() noexcept { return false; }
std::shared_ptr<const security> security_of_client(const tls_options&) { return nullptr; }
std::shared_ptr<const security> security_of_server(const tls_options&) { return nullptr; }
std::string new_identity(const std::string&) { return {}; }
std::string fingerprint_of_key(const std::string&) { return {}; }

}  // namespace ahoy::inline v0
