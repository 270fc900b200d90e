#include <ahoy/command/tls_opening.hpp>
#include <ahoy/connection/tls.hpp>
#include <ahoy/connection/tls_context.hpp>
#include <ahoy/connection/tls_identity.hpp>

namespace ahoy::inline v0 {

bool speaks_tls() noexcept { return true; }
std::shared_ptr<const security> security_of_client(const tls_options& how) { return make_tls_client(how); }
std::shared_ptr<const security> security_of_server(const tls_options& how) { return make_tls_server(how); }
std::string new_identity(const std::string& names) { return make_identity(names); }
std::string fingerprint_of_key(const std::string& certificate_file) {
  return key_fingerprint(certificate_file);
}

}  // namespace ahoy::inline v0
