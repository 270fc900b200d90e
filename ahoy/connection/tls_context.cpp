#include <ahoy/connection/openssl_pointer.hpp>
#include <ahoy/connection/security.hpp>
#include <ahoy/connection/tls_context.hpp>
#include <ahoy/connection/tls_failure.hpp>
#include <ahoy/connection/tls_peer.hpp>
#include <ahoy/connection/tls_token.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace ahoy::inline v0 {

namespace {

/// Of how many servers a client keeps what shortens the next handshake.
constexpr std::size_t most_remembered = 64;
/// What a caller may show of itself: room for that is made as soon as it is announced, and this much is
/// there.
constexpr long longest_certificates = 12L * 1024;

/// What a stranger's certificate unpacks to would be room that no limit of ours has counted (RFC 8879).
/// OpenSSL has it from 3.2 on.
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
constexpr auto no_certificate_compression =
    SSL_OP_NO_RX_CERTIFICATE_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION;
#else
constexpr std::uint64_t no_certificate_compression = 0;
#endif

/// A key that is encrypted cannot be read: OpenSSL would ask for its password on the terminal, and hold up
/// everybody.
int no_password(char*, int, int, void*) { return -1; }

constexpr std::string_view certificates_wanted = "certificates in PEM are wanted";
constexpr std::string_view key_wanted = "the private key is wanted there, in PEM and not encrypted";
constexpr std::string_view key_wanted_beside =
    "the private key is wanted beside the certificate, in PEM and not encrypted";

/// Whether it was the file that could not be read, or what is in it: OpenSSL says the one as badly as the
/// other.
[[noreturn]] void refuse_file(const char* verb, const std::string& name, std::string_view wanted) {
  const fd file{::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file) throw error{system_code(errno), verb, escape(name)};
  const std::string why = words_of_failure();
  throw error{make_error_code(errc::malformed), verb, escape(name),
              fmt::format("{}{}{}", why, why.empty() ? "" : "; ", wanted)};
}

/// Each name led by its length, which is one byte (RFC 7301, section 3.1).
constexpr std::size_t longest_name = 255;
std::string coded_protocols(const tls_options& how) {
  const bool proves = !how.token.empty();
  std::vector<std::string> names = how.protocols;
  if (names.empty() && proves) names.emplace_back();
  std::string coded;
  for (const std::string& each : names) {
    const std::string name = proves ? with_token(each) : each;
    if (name.empty() || name.size() > longest_name)
      throw error{make_error_code(errc::malformed), "offer protocol", escape(each),
                  fmt::format("a name has from 1 to {} bytes", longest_name)};
    coded += static_cast<char>(name.size()) + name;
  }
  return coded;
}

/// Of which no byte is shown.
void check_token(const std::string& token) {
  constexpr auto least = tls_options::shortest_token;
  constexpr auto most = tls_options::longest_token;
  if (!token.empty() && (token.size() < least || token.size() > most))
    throw error{make_error_code(errc::malformed), "take", "a token",
                fmt::format("it has {} bytes: from {} to {} are wanted", token.size(), least, most)};
}

/// Of calls that fail for nothing else.
void check_memory(bool is_done) {
  if (!is_done) throw std::bad_alloc{};
}

}  // namespace

struct tls_context::state {
  explicit state(const tls_options& given);
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state();
  void set_up();
  void set_up_files();
  void set_up_identity();
  [[noreturn]] void refuse_key() const;
  void believe_system();
  void set_up_client();
  void set_up_server();
  static state& of(const SSL* session) noexcept {
    return *static_cast<state*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
  }
  static int remember(SSL* session, SSL_SESSION* made);
  static int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                             const unsigned char* offered, unsigned int offered_size, void* self);
  static int verify(X509_STORE_CTX* shown, void*);
  [[nodiscard]] bool is_trusted(X509_STORE_CTX* shown, tls_peer& one) const;
  static int lack_certificate(SSL* session, X509** certificate, EVP_PKEY** key);
  static int want_token(SSL* session, int* alert, void*);

  [[nodiscard]] bool proves() const noexcept { return !how.token.empty(); }

  tls_options how;
  const std::string protocols;
  openssl_pointer<SSL_CTX, SSL_CTX_free> context{SSL_CTX_new(TLS_method())};
  std::mutex guard;
  std::map<std::string, openssl_pointer<SSL_SESSION, SSL_SESSION_free>>
      remembered;  // by the name that was verified, and the label
};

tls_peer& tls_peer::of(const ssl_st* session) noexcept {
  return *static_cast<tls_peer*>(SSL_get_app_data(session));
}

std::string fingerprint_of(X509* shown) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned char* coded = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(shown), &coded);
  if (size <= 0) return {};
  unsigned int length = 0;
  const int is_made =
      EVP_Digest(coded, static_cast<std::size_t>(size), digest.data(), &length, EVP_sha256(), nullptr);
  OPENSSL_free(coded);
  std::string text;
  for (unsigned int at = 0; is_made == 1 && at < length; ++at) text += fmt::format("{:02x}", digest[at]);
  return text;
}

tls_context::state::state(const tls_options& given) : how{given}, protocols{coded_protocols(given)} {
  check_token(given.token);
}

tls_context::state::~state() {
  OPENSSL_cleanse(how.token.data(), how.token.size());
  OPENSSL_cleanse(how.identity.data(), how.identity.size());
}

void tls_context::state::set_up() {
  SSL_CTX* const made = context.get();
  check_memory(made && SSL_CTX_set_app_data(made, this) == 1);
  // Over TLS 1.2 two conversations may share what a proof is bound to (RFC 7627).
  SSL_CTX_set_min_proto_version(made, proves() ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_default_passwd_cb(made, no_password);
  SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION | no_certificate_compression);
  // One that is idle holds none. What is shown is what the file has: to look for more would be to look
  // through the system's authorities for each caller.
  SSL_CTX_set_mode(made, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_cert_verify_callback(made, verify, nullptr);
  set_up_files();
}

void tls_context::state::set_up_files() {
  ERR_clear_error();
  SSL_CTX* const with = context.get();
  if (!how.authorities.empty() && SSL_CTX_load_verify_file(with, how.authorities.c_str()) != 1)
    refuse_file("read certificates from", how.authorities, certificates_wanted);
  if (!how.identity.empty()) return set_up_identity();
  if (!how.certificate.empty() && SSL_CTX_use_certificate_chain_file(with, how.certificate.c_str()) != 1)
    refuse_file("read certificate from", how.certificate, certificates_wanted);
  const std::string& key = how.key.empty() ? how.certificate : how.key;
  if (!key.empty() && SSL_CTX_use_PrivateKey_file(with, key.c_str(), SSL_FILETYPE_PEM) != 1) refuse_key();
  const std::string& shown = how.certificate.empty() ? key : how.certificate;
  if (!shown.empty() && !key.empty() && SSL_CTX_check_private_key(with) != 1) refuse_key();
}

void tls_context::state::set_up_identity() {
  const auto open = [this] {
    return openssl_pointer<BIO, BIO_free>{
        BIO_new_mem_buf(how.identity.data(), static_cast<int>(how.identity.size()))};
  };
  const auto for_certificate = open(), for_key = open();
  check_memory(for_certificate && for_key);
  const openssl_pointer<X509, X509_free> certificate{
      PEM_read_bio_X509(for_certificate.get(), nullptr, no_password, nullptr)};
  const openssl_pointer<EVP_PKEY, EVP_PKEY_free> key{
      PEM_read_bio_PrivateKey(for_key.get(), nullptr, no_password, nullptr)};
  const bool is_whole = certificate && key &&
                        SSL_CTX_use_certificate(context.get(), certificate.get()) == 1 &&
                        SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1;
  if (!is_whole) throw error{make_error_code(errc::malformed), "read", "our identity", words_of_failure()};
}

void tls_context::state::refuse_key() const {
  const std::string& key = how.key.empty() ? how.certificate : how.key;
  if (ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH)
    throw error{make_error_code(errc::malformed), "read key from", escape(key),
                "it is the key of another certificate than that of " + escape(how.certificate)};
  refuse_file("read key from", key, how.key.empty() ? key_wanted_beside : key_wanted);
}

/// Where certificates count, and no others are given: to read them all takes longer than a handshake.
void tls_context::state::believe_system() {
  if (how.authorities.empty() && how.trusted_keys.empty())
    check_memory(SSL_CTX_set_default_verify_paths(context.get()) == 1);
}

void tls_context::state::set_up_client() {
  SSL_CTX* const made = context.get();
  if (!how.insecure) believe_system();
  SSL_CTX_set_verify(made, how.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(made, remember);
  SSL_CTX_set_client_cert_cb(made, lack_certificate);
  const auto* coded = reinterpret_cast<const unsigned char*>(protocols.data());
  const auto size = static_cast<unsigned int>(protocols.size());
  if (!protocols.empty()) check_memory(SSL_CTX_set_alpn_protos(made, coded, size) == 0);  // which is success
}

void tls_context::state::set_up_server() {
  SSL_CTX* const made = context.get();
  if (how.certificate.empty() && how.identity.empty())
    throw error{make_error_code(errc::malformed), "answer by TLS", "", "a server shows a certificate"};
  const bool asks = how.requires_certificate || !how.trusted_keys.empty();
  const int mode = asks ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE;
  SSL_CTX_set_verify(made, mode, nullptr);
  if (asks) believe_system();
  if (asks && !how.authorities.empty()) {  // whom it believes, so that a caller can choose what to show
    auto* const names = SSL_load_client_CA_file(how.authorities.c_str());
    check_memory(names);
    SSL_CTX_set_client_CA_list(made, names);
  }
  SSL_CTX_set_max_cert_list(made, longest_certificates);
  if (proves()) SSL_CTX_set_client_hello_cb(made, want_token, nullptr);
  constexpr std::array<unsigned char, 4> own{'a', 'h', 'o', 'y'};
  SSL_CTX_set_session_id_context(made, own.data(), own.size());
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);  // tickets, which take no memory here
  if (!protocols.empty()) SSL_CTX_set_alpn_select_cb(made, choose_protocol, this);
}

/// 1: it is kept by us, in the place of an older one. 0: it is not.
int tls_context::state::remember(SSL* session, SSL_SESSION* made) try {
  state& common = of(session);
  const std::lock_guard locked{common.guard};
  if (common.remembered.size() >= most_remembered) common.remembered.clear();
  common.remembered[tls_peer::of(session).place_of_memory()].reset(made);
  return 1;
} catch (const std::bad_alloc&) {
  return 0;
}

/// RFC 7301, section 3.2: where both have protocols, and none in common, there is no conversation.
int tls_context::state::choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                                        const unsigned char* offered, unsigned int offered_size, void* self) {
  const std::string& own = static_cast<state*>(self)->protocols;
  unsigned char* found = nullptr;
  const int how = SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(own.data()),
                                        static_cast<unsigned int>(own.size()), offered, offered_size);
  *chosen = found;
  return how == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Asked only where there is none. 0: none is shown.
int tls_context::state::lack_certificate(SSL* session, X509**, EVP_PKEY**) {
  tls_peer::of(session).lacks_certificate = true;
  return 0;
}

/// Told by an alert, so that whoever calls without a token does not wait for us to speak.
int tls_context::state::want_token(SSL* session, int* alert, void*) {
  const unsigned char* names = nullptr;
  std::size_t size = 0;
  constexpr unsigned int kind = TLSEXT_TYPE_application_layer_protocol_negotiation;
  const bool is_there = SSL_client_hello_get0_ext(session, kind, &names, &size) == 1;
  if (is_there && offers_token({reinterpret_cast<const char*>(names), size})) return SSL_CLIENT_HELLO_SUCCESS;
  tls_peer::of(session).lacks_token = true;
  *alert = SSL_AD_ACCESS_DENIED;
  return SSL_CLIENT_HELLO_ERROR;
}

/// Where keys are trusted, the certificate around one says nothing.
bool tls_context::state::is_trusted(X509_STORE_CTX* shown, tls_peer& one) const {
  X509* const leaf = X509_STORE_CTX_get0_cert(shown);
  one.key = leaf ? fingerprint_of(leaf) : std::string{};
  const std::vector<std::string>& trusted = how.trusted_keys;
  if (trusted.empty()) {
    const bool is_signed = X509_verify_cert(shown) == 1;
    if (!is_signed) one.why_refused = why_not_trusted(shown, one.name);
    return is_signed;
  }
  if (std::ranges::find(trusted, one.key) != trusted.end()) return true;
  one.why_refused =
      trusted.size() == 1
          ? fmt::format("its key is sha256={}, and not sha256={}", one.key, trusted.front())
          : fmt::format("its key is sha256={}, which is none of those that are trusted", one.key);
  X509_STORE_CTX_set_error(shown, X509_V_ERR_CERT_REJECTED);
  return false;
}

int tls_context::state::verify(X509_STORE_CTX* shown, void*) {
  const auto* session =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(shown, SSL_get_ex_data_X509_STORE_CTX_idx()));
  tls_peer& one = tls_peer::of(session);
  try {
    return of(session).is_trusted(shown, one) ? 1 : 0;
  } catch (...) {
    one.thrown = std::current_exception();
  }
  return 0;
}

tls_context tls_context::of_client(const tls_options& how) {
  auto made = std::make_shared<state>(how);
  made->set_up();
  made->set_up_client();
  return tls_context{std::move(made)};
}

tls_context tls_context::of_server(const tls_options& how) {
  auto made = std::make_shared<state>(how);
  made->set_up();
  made->set_up_server();
  return tls_context{std::move(made)};
}

ssl_st* tls_context::new_session(tls_peer& peer) const {
  openssl_pointer<SSL, SSL_free> made{SSL_new(state_->context.get())};
  check_memory(made && SSL_set_app_data(made.get(), &peer) == 1);
  return made.release();
}

void tls_context::resume(ssl_st* session) const {
  const std::lock_guard locked{state_->guard};
  const auto found = state_->remembered.find(tls_peer::of(session).place_of_memory());
  if (found == state_->remembered.end()) return;
  SSL_set_session(session, found->second.get());
  state_->remembered.erase(found);  // a ticket is used once (RFC 8446, appendix C.4)
}

std::string tls_context::why_out_of_date() const {
  const X509* const shown = SSL_CTX_get0_certificate(state_->context.get());
  return shown ? v0::why_out_of_date(*shown) : std::string{};
}

const std::string& tls_context::token() const noexcept { return state_->how.token; }

std::string key_fingerprint(const std::string& certificate_file) {
  ERR_clear_error();
  const openssl_pointer<BIO, BIO_free> file{BIO_new_file(certificate_file.c_str(), "r")};
  const openssl_pointer<X509, X509_free> read{
      file ? PEM_read_bio_X509(file.get(), nullptr, no_password, nullptr) : nullptr};
  if (!read) refuse_file("read certificate from", certificate_file, certificates_wanted);
  return fingerprint_of(read.get());
}

}  // namespace ahoy::inline v0
