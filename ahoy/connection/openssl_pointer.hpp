#pragma once
#include <memory>

namespace ahoy::inline v0 {

template <auto free>
struct openssl_deleter {
  template <class T>
  void operator()(T* made) const noexcept {
    free(made);
  }
};

/// Owns what OpenSSL has made, which goes by `free`: openssl_pointer<X509, X509_free>.
template <class T, auto free>
using openssl_pointer = std::unique_ptr<T, openssl_deleter<free>>;

}  // namespace ahoy::inline v0
