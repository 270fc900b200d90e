#include <ahoy/connection/tls_context.hpp>
#include <ahoy/connection/tls_rehearsal.hpp>
#include <ahoy/connection/tls_session.hpp>

#include <string>

namespace ahoy::inline v0 {

namespace {

void pass_on(tls_session& from, tls_session& to) {
  std::string wire;
  from.take_outgoing(wire);
  to.take(wire);
}

/// Only what both ends need to be the same.
tls_options of_caller(const tls_options& server) {
  tls_options how;
  how.insecure = true;
  how.token = server.token;
  how.protocols = server.protocols;
  return how;
}

/// Whoever calls is let in.
tls_options open_to_all(tls_options how) {
  how.requires_certificate = false;
  how.trusted_keys.clear();
  return how;
}

}  // namespace

void rehearse_as_server(const tls_options& how) {
  tls_session caller =
      tls_session::to_server(tls_context::of_client(of_caller(how)), host{"localhost"}, "itself");
  tls_session server = tls_session::to_client(tls_context::of_server(open_to_all(how)), "itself");
  for (bool is_over = false; !is_over;) {
    const bool called = caller.shake_hands();
    pass_on(caller, server);
    is_over = server.shake_hands() && called;
    pass_on(server, caller);
  }
}

}  // namespace ahoy::inline v0
