#include <ahoy/address/international_name.hpp>
#include <ahoy/connection/security.hpp>
#include <ahoy/connection/tls_failure.hpp>
#include <ahoy/connection/tls_session.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <new>

namespace ahoy::inline v0 {

namespace {

/// What one record holds (RFC 8446, section 5.1).
constexpr std::size_t longest_record = std::size_t{16} * 1024;
/// The first byte of what a peer says that speaks TLS: a record of the handshake, or an alert.
constexpr std::array<char, 2> first_bytes{22, 21};
/// Of how many servers a client keeps what shortens the next handshake.
constexpr std::size_t most_remembered = 64;
/// Reasons from here on are alerts that the peer has sent (SSL_R_SSLV3_ALERT_… and the like).
constexpr int first_alert = SSL_AD_REASON_OFFSET;

template <auto free>
struct deleter {
  template <class T>
  void operator()(T* made) const noexcept {
    free(made);
  }
};
using session_pointer = std::unique_ptr<SSL_SESSION, deleter<SSL_SESSION_free>>;

/// A key that is encrypted cannot be read: OpenSSL would ask for its password on the terminal, and hold up
/// everybody.
int no_password(char*, int, int, void*) { return -1; }

/// As a certificate has it: without the dot of a rooted name, without a zone.
std::string name_to_verify(const host& server) {
  if (server.kind() == host_kind::any) return "localhost";
  if (server.is_numeric()) return server.text().substr(0, server.text().find('%'));
  std::string name = ascii_name(server.text());
  if (name.ends_with('.')) name.pop_back();
  return name;
}

[[noreturn]] void refuse_file(const char* verb, const std::string& name) {
  throw error{make_error_code(errc::malformed), verb, escape(name), words_of_failure()};
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

/// Each name led by its length (RFC 7301, section 3.1).
std::string coded_protocols(const std::vector<std::string>& names) {
  std::string coded;
  for (const std::string& each : names) coded += static_cast<char>(each.size()) + each;
  return coded;
}

}  // namespace

struct tls_context::state {
  explicit state(const tls_options& given) : how{given}, protocols{coded_protocols(given.protocols)} {}
  void set_up();
  void set_up_files();
  void set_up_client();
  void set_up_server();
  static state& of(SSL* session) noexcept {
    return *static_cast<state*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
  }
  static int remember(SSL* session, SSL_SESSION* made);
  static int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                             const unsigned char* offered, unsigned int offered_size, void* self);
  static int verify(X509_STORE_CTX* shown, void*);

  const tls_options how;
  const std::string protocols;
  std::unique_ptr<SSL_CTX, deleter<SSL_CTX_free>> context{SSL_CTX_new(TLS_method())};
  std::mutex guard;
  std::map<std::string, session_pointer> remembered;  // by the server's label
};

struct tls_session::state {
  state(std::shared_ptr<tls_context::state> as, std::string label);
  static state& of(const SSL* session) noexcept { return *static_cast<state*>(SSL_get_app_data(session)); }
  void give_buffers();
  void set_up_name(const host& server);
  void resume();
  [[noreturn]] void fail_handshake() const;
  [[noreturn]] void fail_reading();
  /// Of a call that has not succeeded: whether it only has to wait for more.
  [[nodiscard]] bool has_to_wait(int result) const;

  std::shared_ptr<tls_context::state> common;
  std::string label, name, peer_key;
  std::unique_ptr<SSL, deleter<SSL_free>> session;
  BIO* arrived = nullptr;  // both are the session's
  BIO* leaving = nullptr;
  X509* refused = nullptr;  // the certificate, while it is being verified
  std::string why_refused;
  bool is_cut = false;     // nothing more will come
  bool speaks_tls = true;  // what came first is TLS
  bool has_come = false;   // anything
};

void tls_context::state::set_up() {
  if (!context) throw std::bad_alloc{};
  SSL_CTX* const made = context.get();
  SSL_CTX_set_app_data(made, this);
  SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
  SSL_CTX_set_default_passwd_cb(made, no_password);
  SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(made, SSL_MODE_RELEASE_BUFFERS);  // one that is idle holds none
  SSL_CTX_set_cert_verify_callback(made, verify, nullptr);
  set_up_files();
}

void tls_context::state::set_up_files() {
  ERR_clear_error();
  SSL_CTX* const with = context.get();
  if (how.authorities.empty())
    SSL_CTX_set_default_verify_paths(with);
  else if (SSL_CTX_load_verify_file(with, how.authorities.c_str()) != 1)
    refuse_file("read certificates from", how.authorities);
  if (!how.certificate.empty() && SSL_CTX_use_certificate_chain_file(with, how.certificate.c_str()) != 1)
    refuse_file("read certificate from", how.certificate);
  const std::string& key = how.key.empty() ? how.certificate : how.key;
  if (!key.empty() && SSL_CTX_use_PrivateKey_file(with, key.c_str(), SSL_FILETYPE_PEM) != 1)
    refuse_file("read key from", key);
}

void tls_context::state::set_up_client() {
  SSL_CTX* const made = context.get();
  SSL_CTX_set_verify(made, how.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(made, remember);
  const auto* coded = reinterpret_cast<const unsigned char*>(protocols.data());
  if (!protocols.empty()) SSL_CTX_set_alpn_protos(made, coded, static_cast<unsigned int>(protocols.size()));
}

void tls_context::state::set_up_server() {
  SSL_CTX* const made = context.get();
  if (how.certificate.empty())
    throw error{make_error_code(errc::malformed), "answer by TLS", "", "a server shows a certificate"};
  const bool asks = how.requires_certificate || !how.trusted_keys.empty();
  const int mode = asks ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE;
  SSL_CTX_set_verify(made, mode, nullptr);
  if (asks && !how.authorities.empty())  // whom it believes, so that a caller can choose what to show
    SSL_CTX_set_client_CA_list(made, SSL_load_client_CA_file(how.authorities.c_str()));
  constexpr std::array<unsigned char, 4> own{'a', 'h', 'o', 'y'};
  SSL_CTX_set_session_id_context(made, own.data(), own.size());
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);  // tickets, which take no memory here
  if (!protocols.empty()) SSL_CTX_set_alpn_select_cb(made, choose_protocol, this);
}

/// 1: it is kept by us, in the place of an older one.
int tls_context::state::remember(SSL* session, SSL_SESSION* made) {
  state& common = of(session);
  const std::lock_guard locked{common.guard};
  if (common.remembered.size() >= most_remembered) common.remembered.clear();
  common.remembered[tls_session::state::of(session).label].reset(made);
  return 1;
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

/// Where keys are trusted, the certificate around one says nothing.
int tls_context::state::verify(X509_STORE_CTX* shown, void*) {
  const auto* session =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(shown, SSL_get_ex_data_X509_STORE_CTX_idx()));
  tls_session::state& one = tls_session::state::of(session);
  X509* const leaf = X509_STORE_CTX_get0_cert(shown);
  one.peer_key = leaf ? fingerprint_of(leaf) : std::string{};
  const std::vector<std::string>& trusted = one.common->how.trusted_keys;
  if (trusted.empty()) {
    const int is_trusted = X509_verify_cert(shown);
    if (is_trusted != 1) one.why_refused = why_not_trusted(shown, one.name);
    return is_trusted;
  }
  if (std::ranges::find(trusted, one.peer_key) != trusted.end()) return 1;
  one.why_refused =
      trusted.size() == 1
          ? fmt::format("its key is sha256={}, and not sha256={}", one.peer_key, trusted.front())
          : fmt::format("its key, sha256={}, is none of those that are trusted", one.peer_key);
  X509_STORE_CTX_set_error(shown, X509_V_ERR_CERT_REJECTED);
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

tls_session::state::state(std::shared_ptr<tls_context::state> as, std::string label_of_it)
    : common{std::move(as)}, label{std::move(label_of_it)}, session{SSL_new(common->context.get())} {
  if (!session) throw std::bad_alloc{};
  give_buffers();
  SSL_set_app_data(session.get(), this);
}

void tls_session::state::give_buffers() {
  arrived = BIO_new(BIO_s_mem());
  leaving = BIO_new(BIO_s_mem());
  SSL_set_bio(session.get(), arrived, leaving);  // they go with it from now on
  if (!arrived || !leaving) throw std::bad_alloc{};
}

void tls_session::state::set_up_name(const host& server) {
  name = name_to_verify(server);
  const bool is_address = server.is_numeric() && server.kind() != host_kind::any;
  X509_VERIFY_PARAM* const asked = SSL_get0_param(session.get());
  X509_VERIFY_PARAM_set_hostflags(asked, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int is_set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(asked, name.c_str())
                                : X509_VERIFY_PARAM_set1_host(asked, name.c_str(), name.size());
  if (is_set != 1) throw error{make_error_code(errc::malformed), "verify", label, words_of_failure()};
  if (!is_address) SSL_set_tlsext_host_name(session.get(), name.c_str());  // RFC 6066, section 3: no address
}

/// What the server gave us the last time.
void tls_session::state::resume() {
  const std::lock_guard locked{common->guard};
  const auto found = common->remembered.find(label);
  if (found == common->remembered.end()) return;
  SSL_set_session(session.get(), found->second.get());
  common->remembered.erase(found);  // a ticket is used once (RFC 8446, appendix C.4)
}

bool tls_session::state::has_to_wait(int result) const {
  return SSL_get_error(session.get(), result) == SSL_ERROR_WANT_READ;
}

void tls_session::state::fail_handshake() const {
  const auto failed = make_error_code(errc::handshake_failed);
  if (is_cut) throw error{failed, "begin TLS with", label, "it ended the connection instead"};
  if (!why_refused.empty() && SSL_get_verify_mode(session.get()) != SSL_VERIFY_NONE)
    throw trust_error{label, why_refused, peer_key};
  if (!speaks_tls) throw error{failed, "begin TLS with", label, "what it says is not TLS"};
  throw error{failed, "begin TLS with", label, words_of_alert()};
}

tls_session::tls_session(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}
tls_session::tls_session(tls_session&&) noexcept = default;
tls_session::~tls_session() = default;

tls_session tls_session::to_server(const tls_context& as, const host& server, std::string label) {
  auto made = std::make_unique<state>(as.state_, std::move(label));
  made->set_up_name(server);
  made->resume();
  SSL_set_connect_state(made->session.get());
  return tls_session{std::move(made)};
}

tls_session tls_session::to_client(const tls_context& as, std::string label) {
  auto made = std::make_unique<state>(as.state_, std::move(label));
  SSL_set_accept_state(made->session.get());
  return tls_session{std::move(made)};
}

void tls_session::take(std::string_view wire) {
  if (!state_->has_come && !wire.empty())
    state_->speaks_tls = std::ranges::find(first_bytes, wire.front()) != first_bytes.end();
  state_->has_come = state_->has_come || !wire.empty();
  if (BIO_write(state_->arrived, wire.data(), static_cast<int>(wire.size())) != static_cast<int>(wire.size()))
    throw std::bad_alloc{};
}

void tls_session::end() noexcept { state_->is_cut = true; }

std::size_t tls_session::outgoing_size() const noexcept { return BIO_ctrl_pending(state_->leaving); }

void tls_session::take_outgoing(std::string& to) {
  const std::size_t before = to.size();
  const std::size_t size = BIO_ctrl_pending(state_->leaving);
  if (size == 0) return;
  to.resize(before + size);
  BIO_read(state_->leaving, to.data() + before, static_cast<int>(size));
}

bool tls_session::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(state_->session.get());
  if (result == 1) return true;
  const bool waits = state_->has_to_wait(result);
  if (state_->is_cut || !waits || !state_->speaks_tls) state_->fail_handshake();
  return false;
}

void tls_session::state::fail_reading() {
  const bool is_alert = ERR_GET_REASON(ERR_peek_error()) >= first_alert;
  if (is_alert)
    throw error{make_error_code(errc::handshake_failed), "begin TLS with", label, words_of_alert()};
  throw error{make_error_code(errc::protocol_broken), "receive from", label, words_of_failure()};
}

std::optional<std::size_t> tls_session::read(std::span<char> into) {
  std::size_t size = 0;
  std::size_t more = 0;
  int result = 1;
  ERR_clear_error();
  while (size < into.size() && result == 1) {
    result = SSL_read_ex(state_->session.get(), into.data() + size, into.size() - size, &more);
    if (result == 1) size += more;
  }
  if (size > 0) return size;  // a failure shows again at the next read
  if (SSL_get_error(state_->session.get(), result) == SSL_ERROR_ZERO_RETURN) return 0;
  if (!state_->has_to_wait(result)) state_->fail_reading();
  if (state_->is_cut)
    throw error{make_error_code(errc::cut_short), "receive from", state_->label,
                "the peer ended without close_notify, so that nobody knows whether it had more to say"};
  return std::nullopt;
}

void tls_session::write(std::string_view plain) {
  ERR_clear_error();
  while (!plain.empty()) {
    std::size_t size = 0;
    const std::string_view piece = plain.substr(0, longest_record);
    if (SSL_write_ex(state_->session.get(), piece.data(), piece.size(), &size) != 1)
      throw error{make_error_code(errc::protocol_broken), "send to", state_->label, words_of_failure()};
    plain.remove_prefix(size);
  }
}

void tls_session::write_end() noexcept {
  ERR_clear_error();
  SSL_shutdown(state_->session.get());
}

std::string tls_session::version() const { return SSL_get_version(state_->session.get()); }

/// A short handshake shows no certificate again: it is the one of the handshake before.
const std::string& tls_session::peer_key() const noexcept {
  X509* const shown = SSL_get0_peer_certificate(state_->session.get());
  if (state_->peer_key.empty() && shown) state_->peer_key = fingerprint_of(shown);
  return state_->peer_key;
}

std::string tls_session::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(state_->session.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

bool tls_session::is_resumed() const noexcept { return SSL_session_reused(state_->session.get()) == 1; }

std::string key_fingerprint(const std::string& certificate_file) {
  ERR_clear_error();
  const std::unique_ptr<BIO, deleter<BIO_free>> file{BIO_new_file(certificate_file.c_str(), "r")};
  const std::unique_ptr<X509, deleter<X509_free>> read{
      file ? PEM_read_bio_X509(file.get(), nullptr, no_password, nullptr) : nullptr};
  if (!read) refuse_file("read certificate from", certificate_file);
  return fingerprint_of(read.get());
}

}  // namespace ahoy::inline v0
