#pragma once
#include <string>
#include <string_view>

struct x509_store_ctx_st;

// What OpenSSL says of a failure, in words that say what to do about it. For tls_session alone.
namespace ahoy::inline v0 {

/// What failed last in this thread.
[[nodiscard]] std::string words_of_failure();
/// The same, of a handshake: mostly an alert that the peer sent.
[[nodiscard]] std::string words_of_alert();
/// Of a certificate that was verified for `name`; empty: that of a caller.
[[nodiscard]] std::string why_not_trusted(x509_store_ctx_st* shown, std::string_view name);

}  // namespace ahoy::inline v0
