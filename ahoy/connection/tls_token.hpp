#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

struct ssl_st;

// How both ends prove to each other that they have the same token, without a word about it: docs/tls.md has
// the bytes. For tls_session alone.
namespace ahoy::inline v0 {

/// What ALPN names it where a token is to be proved; `inner` is what is spoken then, empty: nothing is said.
inline constexpr std::string_view token_protocol = "ahoy-token/1";
[[nodiscard]] std::string with_token(std::string_view inner);

enum class token_side { client, server };
using token_proof = std::array<unsigned char, 32>;

/// Of this very conversation, whose handshake is over: nobody can use it in another one. Throws error.
[[nodiscard]] token_proof prove_token(ssl_st* session, std::string_view token, token_side by);
/// In constant time.
[[nodiscard]] bool is_same(const token_proof& one, const token_proof& other) noexcept;

/// Whether the names that a ClientHello offers, as its extension has them, say that a token will be proved.
[[nodiscard]] bool offers_token(std::string_view extension) noexcept;

}  // namespace ahoy::inline v0
