#pragma once
#include <exception>
#include <string>

struct ssl_st;
struct x509_st;

// What is found out about a peer while hands are shaken. For tls_context and tls_session alone.
namespace ahoy::inline v0 {

struct tls_peer {
  /// OpenSSL hands it to whoever it calls.
  [[nodiscard]] static tls_peer& of(const ssl_st* session) noexcept;
  /// A session that is resumed is not verified again: it is of that server alone.
  [[nodiscard]] std::string place_of_memory() const { return name + '\n' + label; }

  std::string label;  // what errors call it
  std::string name;   // what its certificate has to show; empty of a caller
  std::string key;    // the fingerprint of what it has shown
  std::string why_refused;
  bool lacks_token = false;
  bool lacks_certificate = false;  // it asks for one of ours, and there is none
  std::exception_ptr thrown;       // where OpenSSL had called us: through it nothing can be thrown
};

/// Of the key of a certificate; empty where it has none that can be coded.
[[nodiscard]] std::string fingerprint_of(x509_st* certificate);

}  // namespace ahoy::inline v0
