#pragma once
#include <ahoy/address/family.hpp>
#include <ahoy/connection/tls_options.hpp>
#include <ahoy/task/context.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Who one is to a server. Nothing of it appears in an error or in a dialogue that is shown.
struct credentials {
  credentials() = default;
  credentials(std::string name, std::string secret) : user(std::move(name)), password(std::move(secret)) {}
  [[nodiscard]] bool empty() const noexcept { return user.empty() && password.empty(); }

  std::string user, password;
};

/// What was said in a dialogue, a line without its end; secrets are left out of it.
enum class said_by { us, server };
using dialogue_observer = std::function<void(said_by, std::string_view)>;

/// What all protocols of the internet take alike.
struct transfer_options {
  // No aggregate, since coroutines take it by value. NOLINTNEXTLINE(modernize-use-equals-default)
  transfer_options() noexcept {}
  credentials login;
  tls_options tls;
  /// Of a scheme without TLS of its own: TLS is begun (STARTTLS, AUTH TLS, STLS) before anything is said of
  /// who we are. Where the server has none, that is handshake_failed: there is no going on without it.
  bool starts_tls = false;
  duration connect_timeout =
      std::chrono::seconds{10};  ///< for finding the host, connecting, and the handshake; timed_out after it
  family wanted = family::unspecified;  ///< only addresses of this family
  std::string source;                   ///< a local address or interface's name; empty: the system's choice
  std::uint64_t max_size = UINT64_MAX;  ///< of what is received; more is too_long
  dialogue_observer observer;           ///< may be empty
};

}  // namespace ahoy::inline v0
