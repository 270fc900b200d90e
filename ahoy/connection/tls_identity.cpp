#include <ahoy/connection/openssl_pointer.hpp>
#include <ahoy/connection/tls_failure.hpp>
#include <ahoy/connection/tls_identity.hpp>
#include <ahoy/error/error.hpp>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>

namespace ahoy::inline v0 {

namespace {

constexpr long day = 24L * 3600;
constexpr long lifetime = 36500 * day;

using certificate_pointer = openssl_pointer<X509, X509_free>;

void check(bool is_done) {
  if (!is_done) throw error{make_error_code(errc::malformed), "make", "a certificate", words_of_failure()};
}

void set_serial_number(X509* of) {
  std::uint64_t number = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) == 1);
  check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(of), number >> 1U) == 1);
}

void add_extension(X509* to, int which, const char* value) {
  const openssl_pointer<X509_EXTENSION, X509_EXTENSION_free> made{
      X509V3_EXT_conf_nid(nullptr, nullptr, which, value)};
  check(made && X509_add_ext(to, made.get(), -1) == 1);
}

certificate_pointer sign(EVP_PKEY* key, const std::string& names) {
  certificate_pointer made{X509_new()};
  check(made && X509_set_version(made.get(), X509_VERSION_3) == 1);
  set_serial_number(made.get());
  check(X509_gmtime_adj(X509_getm_notBefore(made.get()), -day) &&
        X509_gmtime_adj(X509_getm_notAfter(made.get()), lifetime));
  X509_NAME* const name = X509_get_subject_name(made.get());
  check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("ahoy"),
                                   -1, -1, 0) == 1);
  check(X509_set_issuer_name(made.get(), name) == 1 && X509_set_pubkey(made.get(), key) == 1);
  add_extension(made.get(), NID_subject_alt_name, names.c_str());
  add_extension(made.get(), NID_basic_constraints, "critical,CA:FALSE");
  check(X509_sign(made.get(), key, EVP_sha256()) != 0);
  return made;
}

}  // namespace

std::string make_identity(const std::string& names) {
  ERR_clear_error();
  const openssl_pointer<EVP_PKEY, EVP_PKEY_free> key{EVP_EC_gen("P-256")};
  check(key != nullptr);
  const certificate_pointer made = sign(key.get(), names);
  const openssl_pointer<BIO, BIO_free> to{BIO_new(BIO_s_mem())};
  check(to && PEM_write_bio_PrivateKey(to.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  check(PEM_write_bio_X509(to.get(), made.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(to.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace ahoy::inline v0
