#include <ahoy/connection/tls_failure.hpp>
#include <ahoy/connection/tls_token.hpp>
#include <ahoy/error/error.hpp>

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view exported = "EXPORTER-ahoy-token-1";  // RFC 5705, section 4
constexpr std::array<std::string_view, 2> sides{"ahoy token 1 client", "ahoy token 1 server"};

}  // namespace

std::string with_token(std::string_view inner) {
  std::string name{token_protocol};
  if (!inner.empty()) name.append(":").append(inner);
  return name;
}

token_proof prove_token(ssl_st* session, std::string_view token, token_side by) {
  token_proof bound{};
  const std::string_view side = sides[static_cast<std::size_t>(by)];
  std::array<unsigned char, sides[0].size() + 1 + bound.size()> said{};
  std::ranges::copy(side, said.begin());
  unsigned int size = 0;
  token_proof made{};
  const bool is_made = SSL_export_keying_material(session, bound.data(), bound.size(), exported.data(),
                                                  exported.size(), nullptr, 0, 0) == 1 &&
                       std::ranges::copy(bound, said.begin() + side.size() + 1).out == said.end() &&
                       HMAC(EVP_sha256(), token.data(), static_cast<int>(token.size()), said.data(),
                            said.size(), made.data(), &size) &&
                       size == made.size();
  OPENSSL_cleanse(bound.data(), bound.size());
  OPENSSL_cleanse(said.data(), said.size());
  if (!is_made) throw error{make_error_code(errc::handshake_failed), "prove", "a token", words_of_failure()};
  return made;
}

bool is_same(const token_proof& one, const token_proof& other) noexcept {
  return CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

/// Two bytes of length, then each name led by its own (RFC 7301, section 3.1).
bool offers_token(std::string_view extension) noexcept {
  extension.remove_prefix(std::min<std::size_t>(extension.size(), 2));
  while (!extension.empty()) {
    const std::size_t size = static_cast<unsigned char>(extension.front());
    const std::string_view name = extension.substr(1, size);
    if (name == token_protocol || (name.starts_with(token_protocol) && name[token_protocol.size()] == ':'))
      return true;
    extension.remove_prefix(std::min(extension.size(), size + 1));
  }
  return false;
}

}  // namespace ahoy::inline v0
