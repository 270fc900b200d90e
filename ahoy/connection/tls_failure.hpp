#pragma once
#include <string>
#include <string_view>

struct x509_st;
struct x509_store_ctx_st;

// What OpenSSL says of a failure, in words that say what to do about it. For what is built of TLS alone.
namespace ahoy::inline v0 {

/// What failed last in this thread.
[[nodiscard]] std::string words_of_failure();
/// The same, of a handshake: mostly an alert that the peer sent.
[[nodiscard]] std::string words_of_alert();
/// Of a certificate that was verified for `name`; empty: that of a caller.
[[nodiscard]] std::string why_not_trusted(x509_store_ctx_st* shown, std::string_view name);

/// "it was good until 2026-01-31", "it is good from 2026-01-31 on"; empty: it is good today.
[[nodiscard]] std::string why_out_of_date(const x509_st& certificate);

}  // namespace ahoy::inline v0
