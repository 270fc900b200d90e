#include <ahoy/address/international_name.hpp>
#include <ahoy/connection/security.hpp>
#include <ahoy/connection/tls_failure.hpp>
#include <ahoy/connection/tls_hello.hpp>
#include <ahoy/connection/tls_session.hpp>
#include <ahoy/connection/tls_token.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
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
/// Alerts by which a server refuses a caller (RFC 8446, section 6.2).
constexpr std::array refusals{
    SSL_AD_HANDSHAKE_FAILURE,   SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE,
    SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN,
    SSL_AD_UNKNOWN_CA,          SSL_AD_ACCESS_DENIED,       SSL_AD_CERTIFICATE_REQUIRED,
};

/// Whether that was the last alert of the peer's.
bool is_refusal_alert() {
  const int reason = ERR_GET_REASON(ERR_peek_error()) - SSL_AD_REASON_OFFSET;
  return std::ranges::find(refusals, reason) != refusals.end();
}
/// What a caller may show of itself: room for that is made as soon as it is announced, and this much is
/// there.
constexpr long longest_certificates = 12L * 1024;

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

constexpr std::string_view certificates_wanted = "certificates in PEM are wanted";
constexpr std::string_view key_wanted = "the private key is wanted there, in PEM and not encrypted";

/// Whether it was the file that could not be read, or what is in it: OpenSSL says the one as badly as the
/// other.
[[noreturn]] void refuse_file(const char* verb, const std::string& name, std::string_view wanted) {
  const fd file{::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file) throw error{system_code(errno), verb, escape(name)};
  const std::string why = words_of_failure();
  throw error{make_error_code(errc::malformed), verb, escape(name),
              fmt::format("{}{}{}", why, why.empty() ? "" : "; ", wanted)};
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

}  // namespace

struct tls_context::state {
  explicit state(const tls_options& given) : how{given}, protocols{coded_protocols(given)} {
    check_token(given.token);
  }
  ~state() { OPENSSL_cleanse(how.token.data(), how.token.size()); }
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
  static int lack_certificate(SSL* session, X509** certificate, EVP_PKEY** key);
  static int want_token(SSL* session, int* alert, void*);

  [[nodiscard]] bool proves() const noexcept { return !how.token.empty(); }

  tls_options how;
  const std::string protocols;
  std::unique_ptr<SSL_CTX, deleter<SSL_CTX_free>> context{SSL_CTX_new(TLS_method())};
  std::mutex guard;
  std::map<std::string, session_pointer> remembered;  // by the name that was verified, and the label
};

struct tls_session::state {
  state(std::shared_ptr<tls_context::state> as, std::string label, bool is_server);
  static state& of(const SSL* session) noexcept { return *static_cast<state*>(SSL_get_app_data(session)); }
  void make_session();
  void take_place_of_network();
  static int bio_read(BIO* self, char* into, std::size_t room, std::size_t* size);
  static int bio_write(BIO* self, const char* from, std::size_t size, std::size_t* written);
  static long bio_control(BIO* self, int what, long, void*);
  static BIO_METHOD* bio_method();
  [[nodiscard]] bool admits(std::string_view wire);
  [[nodiscard]] bool agree_by_tls();
  [[nodiscard]] bool prove();
  void say_proof();
  [[nodiscard]] bool hear_proof();
  [[noreturn]] void refuse_token(const char* why) const;
  void set_up_name(const host& server);
  /// A session that is resumed is not verified again: it is of that server alone.
  [[nodiscard]] std::string place_of_memory() const { return name + '\n' + label; }
  void resume();
  [[noreturn]] void fail_handshake() const;
  [[nodiscard]] std::exception_ptr reason_of_failure() const;
  void stop_reading(int result);
  [[nodiscard]] std::size_t read_what_is_there(std::span<char> into);
  /// Of a call that has not succeeded: whether it only has to wait for more.
  [[nodiscard]] bool has_to_wait(int result) const;

  std::shared_ptr<tls_context::state> common;
  std::string label, name, peer_key;
  std::unique_ptr<SSL, deleter<SSL_free>> session;
  bytes lent;               // what came last, until it was read
  std::string kept;         // the same, of what was not lent
  std::string_view unread;  // of either
  std::string leaving;
  const bool is_server;
  std::unique_ptr<hello_guard> guard;  // of a caller, until the handshake is over
  std::string why_refused;
  token_proof proof{};  // the peer's, as far as it has come
  std::size_t proof_size = 0;
  bool has_proved = false;  // or need not
  bool is_agreed = false;   // but for the token
  bool is_too_long = false;
  bool lacks_token = false;
  std::exception_ptr broken;       // why nothing more can be read
  bool has_ended = false;          // by close_notify
  bool has_heard = false;          // words
  bool lacks_certificate = false;  // the server asks for one, and there is none
  bool is_cut = false;             // nothing more will come
  bool speaks_tls = true;          // what came first is TLS
  bool has_come = false;           // anything
};

void tls_context::state::set_up() {
  if (!context) throw std::bad_alloc{};
  SSL_CTX* const made = context.get();
  SSL_CTX_set_app_data(made, this);
  // Over TLS 1.2 two conversations may share what a proof is bound to (RFC 7627).
  SSL_CTX_set_min_proto_version(made, proves() ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_default_passwd_cb(made, no_password);
  SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION);
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
  if (!how.certificate.empty() && SSL_CTX_use_certificate_chain_file(with, how.certificate.c_str()) != 1)
    refuse_file("read certificate from", how.certificate, certificates_wanted);
  const std::string& key = how.key.empty() ? how.certificate : how.key;
  if (!key.empty() && SSL_CTX_use_PrivateKey_file(with, key.c_str(), SSL_FILETYPE_PEM) != 1)
    refuse_file("read key from", key, key_wanted);
  const std::string& shown = how.certificate.empty() ? key : how.certificate;
  if (!shown.empty() && !key.empty() && SSL_CTX_check_private_key(with) != 1)
    refuse_file("show certificate of", shown, "the key is that of another certificate");
}

void tls_context::state::set_up_client() {
  SSL_CTX* const made = context.get();
  if (how.authorities.empty()) SSL_CTX_set_default_verify_paths(made);
  SSL_CTX_set_verify(made, how.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(made, remember);
  SSL_CTX_set_client_cert_cb(made, lack_certificate);
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
  if (asks && how.authorities.empty()) SSL_CTX_set_default_verify_paths(made);
  if (asks && !how.authorities.empty())  // whom it believes, so that a caller can choose what to show
    SSL_CTX_set_client_CA_list(made, SSL_load_client_CA_file(how.authorities.c_str()));
  SSL_CTX_set_max_cert_list(made, longest_certificates);
  if (proves()) SSL_CTX_set_client_hello_cb(made, want_token, nullptr);
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
  common.remembered[tls_session::state::of(session).place_of_memory()].reset(made);
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

/// Asked only where there is none. 0: none is shown.
int tls_context::state::lack_certificate(SSL* session, X509**, EVP_PKEY**) {
  tls_session::state::of(session).lacks_certificate = true;
  return 0;
}

/// Told by an alert, so that whoever calls without a token does not wait for us to speak.
int tls_context::state::want_token(SSL* session, int* alert, void*) {
  const unsigned char* names = nullptr;
  std::size_t size = 0;
  constexpr unsigned int kind = TLSEXT_TYPE_application_layer_protocol_negotiation;
  const bool is_there = SSL_client_hello_get0_ext(session, kind, &names, &size) == 1;
  if (is_there && offers_token({reinterpret_cast<const char*>(names), size})) return SSL_CLIENT_HELLO_SUCCESS;
  tls_session::state::of(session).lacks_token = true;
  *alert = SSL_AD_ACCESS_DENIED;
  return SSL_CLIENT_HELLO_ERROR;
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

/// Of a caller that is silent little is held: what OpenSSL wants is made when it has said something.
tls_session::state::state(std::shared_ptr<tls_context::state> as, std::string label_of_it, bool answers)
    : common{std::move(as)}, label{std::move(label_of_it)}, is_server{answers} {
  if (!is_server) make_session();
}

void tls_session::state::make_session() {
  session.reset(SSL_new(common->context.get()));
  if (!session) throw std::bad_alloc{};
  take_place_of_network();
  SSL_set_app_data(session.get(), this);
  if (!is_server) return;
  SSL_set_accept_state(session.get());
  guard = std::make_unique<hello_guard>();
}

/// OpenSSL reads from where the bytes are, and writes to where they are sent from.
void tls_session::state::take_place_of_network() {
  BIO* const place = BIO_new(bio_method());
  if (!place) throw std::bad_alloc{};
  BIO_set_data(place, this);
  BIO_set_init(place, 1);
  SSL_set_bio(session.get(), place, place);  // it goes with the session from now on
}

BIO_METHOD* tls_session::state::bio_method() {
  static const std::unique_ptr<BIO_METHOD, deleter<BIO_meth_free>> made = [] {
    std::unique_ptr<BIO_METHOD, deleter<BIO_meth_free>> method{
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ahoy")};
    if (!method) throw std::bad_alloc{};
    BIO_meth_set_read_ex(method.get(), bio_read);
    BIO_meth_set_write_ex(method.get(), bio_write);
    BIO_meth_set_ctrl(method.get(), bio_control);
    return method;
  }();
  return made.get();
}

int tls_session::state::bio_read(BIO* self, char* into, std::size_t room, std::size_t* size) {
  state& own = *static_cast<state*>(BIO_get_data(self));
  BIO_clear_retry_flags(self);
  if (own.unread.empty()) BIO_set_retry_read(self);
  *size = std::min(room, own.unread.size());
  if (*size == 0) return 0;
  std::memcpy(into, own.unread.data(), *size);
  own.unread.remove_prefix(*size);
  if (own.unread.empty()) own.lent = {};
  return 1;
}

int tls_session::state::bio_write(BIO* self, const char* from, std::size_t size, std::size_t* written) try {
  static_cast<state*>(BIO_get_data(self))->leaving.append(from, size);
  BIO_clear_retry_flags(self);
  *written = size;
  return 1;
} catch (const std::bad_alloc&) {
  return 0;  // through OpenSSL nothing can be thrown
}

long tls_session::state::bio_control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

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
  const auto found = common->remembered.find(place_of_memory());
  if (found == common->remembered.end()) return;
  SSL_set_session(session.get(), found->second.get());
  common->remembered.erase(found);  // a ticket is used once (RFC 8446, appendix C.4)
}

bool tls_session::state::has_to_wait(int result) const {
  return SSL_get_error(session.get(), result) == SSL_ERROR_WANT_READ;
}

void tls_session::state::fail_handshake() const {
  const auto failed = make_error_code(errc::handshake_failed);
  if (is_too_long) throw error{failed, "begin TLS with", label, "what it says first is too long"};
  if (lacks_token) throw error{failed, "begin TLS with", label, "it proves no token"};
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
  auto made = std::make_unique<state>(as.state_, std::move(label), false);
  made->set_up_name(server);
  made->resume();
  SSL_set_connect_state(made->session.get());
  return tls_session{std::move(made)};
}

tls_session tls_session::to_client(const tls_context& as, std::string label) {
  return tls_session{std::make_unique<state>(as.state_, std::move(label), true)};
}

/// Of TLS 1.2 no second ClientHello comes, and after the first part everything may look like one.
bool tls_session::state::admits(std::string_view wire) {
  if (!has_come && !wire.empty()) {
    speaks_tls = std::ranges::find(first_bytes, wire.front()) != first_bytes.end();
    if (!session) make_session();
    if (!speaks_tls) leaving += alert_unexpected;  // who speaks TLS elsewhere understands it
  }
  has_come = has_come || !wire.empty();
  const bool looks = guard && SSL_version(session.get()) != TLS1_2_VERSION;
  is_too_long = is_too_long || (looks && !guard->admits(wire));
  return speaks_tls && !is_too_long;
}

void tls_session::take(bytes wire) {
  if (!state_->unread.empty()) return take(wire.text());
  if (!state_->admits(wire.text())) return;
  state_->lent = std::move(wire);
  state_->unread = state_->lent.text();
}

void tls_session::take(std::string_view wire) {
  if (!state_->admits(wire)) return;
  std::string all{state_->unread};
  all += wire;
  state_->kept = std::move(all);
  state_->unread = state_->kept;
  state_->lent = {};
}

void tls_session::end() noexcept { state_->is_cut = true; }

std::size_t tls_session::outgoing_size() const noexcept { return state_->leaving.size(); }

void tls_session::take_outgoing(std::string& to) {
  if (to.empty())
    to.swap(state_->leaving);
  else
    to += state_->leaving;
  state_->leaving.clear();
}

/// Not of TLS: whether it is worth to look further.
bool tls_session::state::agree_by_tls() {
  ERR_clear_error();
  const int result = session ? SSL_do_handshake(session.get()) : -1;
  if (result == 1) return true;
  const bool waits = !session || has_to_wait(result);
  if (is_cut || !waits || !speaks_tls || is_too_long) fail_handshake();
  return false;
}

bool tls_session::shake_hands() {
  if (!state_->is_agreed && !state_->agree_by_tls()) return false;
  state_->is_agreed = true;
  state_->guard.reset();
  return !state_->common->proves() || state_->prove();
}

void tls_session::state::refuse_token(const char* why) const {
  throw error{make_error_code(errc::refused), "prove token to", label, why};
}

void tls_session::state::say_proof() {
  const token_proof own =
      prove_token(session.get(), common->how.token, is_server ? token_side::server : token_side::client);
  std::size_t written = 0;
  if (SSL_write_ex(session.get(), own.data(), own.size(), &written) != 1) fail_handshake();
  has_proved = true;
}

/// Whether all of it has come.
bool tls_session::state::hear_proof() {
  while (proof_size < proof.size()) {
    std::size_t more = 0;
    ERR_clear_error();
    const int result =
        SSL_read_ex(session.get(), proof.data() + proof_size, proof.size() - proof_size, &more);
    proof_size += more;
    if (result == 1) continue;
    if (SSL_get_error(session.get(), result) == SSL_ERROR_ZERO_RETURN)
      refuse_token("it does not take ours: both ends need the same");
    if (is_cut || !has_to_wait(result)) fail_handshake();
    return false;
  }
  return true;
}

/// The client's goes first, so that a server answers nobody who might only try one.
bool tls_session::state::prove() {
  const unsigned char* agreed = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(session.get(), &agreed, &size);
  if (size == 0) refuse_token("it asks for none");
  if (!is_server && !has_proved) say_proof();
  if (!hear_proof()) return false;
  const token_proof expected =
      prove_token(session.get(), common->how.token, is_server ? token_side::client : token_side::server);
  if (!is_same(proof, expected)) {
    SSL_shutdown(session.get());
    refuse_token(is_server ? "it proves another one" : "it cannot prove that it has the same");
  }
  if (is_server) say_proof();
  return true;
}

/// Of a read that has given nothing, and is not to wait. Who does not take our certificate may say so only
/// after the handshake, where that is over for us before it is for the peer (RFC 8446, appendix E.1).
std::exception_ptr tls_session::state::reason_of_failure() const {
  const bool is_refusal = !is_server && !has_heard && is_refusal_alert();
  const auto cause = make_error_code(is_refusal ? errc::handshake_failed : errc::protocol_broken);
  return std::make_exception_ptr(
      error{cause, is_refusal ? "begin TLS with" : "receive from", label, words_of_alert()});
}

/// Asked once: after a failure OpenSSL takes what comes next for an end.
void tls_session::state::stop_reading(int result) {
  if (SSL_get_error(session.get(), result) == SSL_ERROR_ZERO_RETURN)
    has_ended = true;
  else
    broken = reason_of_failure();
}

std::size_t tls_session::state::read_what_is_there(std::span<char> into) {
  std::size_t size = 0;
  while (size < into.size() && !has_ended && !broken) {
    std::size_t more = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(session.get(), into.data() + size, into.size() - size, &more);
    size += result == 1 ? more : 0;
    if (result != 1 && has_to_wait(result)) break;
    if (result != 1) stop_reading(result);
  }
  has_heard = has_heard || size > 0;
  return size;
}

std::optional<std::size_t> tls_session::read(std::span<char> into) {
  const std::size_t size = state_->read_what_is_there(into);
  if (size > 0 || state_->has_ended) return size;
  if (state_->broken) std::rethrow_exception(state_->broken);
  if (!state_->is_cut) return std::nullopt;
  if (lacks_certificate()) throw_lack_of_certificate();
  throw error{make_error_code(errc::cut_short), "receive from", state_->label,
              "the peer ended without close_notify, so that nobody knows whether it had more to say"};
}

void tls_session::write(std::string_view plain) {
  constexpr std::size_t most_around = 256;  // records have 22 bytes more than they hold
  ERR_clear_error();
  state_->leaving.reserve(state_->leaving.size() + plain.size() + most_around);
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
  if (state_->session) SSL_shutdown(state_->session.get());
}

std::string tls_session::version() const {
  return state_->session ? SSL_get_version(state_->session.get()) : std::string{};
}

/// A short handshake shows no certificate again: it is the one of the handshake before.
const std::string& tls_session::peer_key() const noexcept {
  X509* const shown = state_->session ? SSL_get0_peer_certificate(state_->session.get()) : nullptr;
  if (state_->peer_key.empty() && shown) state_->peer_key = fingerprint_of(shown);
  return state_->peer_key;
}

std::string tls_session::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(state_->session.get(), &name, &size);
  const std::string_view agreed{reinterpret_cast<const char*>(name), size};
  const std::size_t own = state_->common->proves() ? token_protocol.size() + 1 : 0;
  return std::string{agreed.substr(std::min(own, agreed.size()))};
}

bool tls_session::is_resumed() const noexcept { return SSL_session_reused(state_->session.get()) == 1; }

void tls_session::throw_lack_of_certificate() const {
  throw error{make_error_code(errc::handshake_failed), "begin TLS with", state_->label,
              "it asked for a certificate of ours, and ended when it was shown none"};
}

bool tls_session::lacks_certificate() const noexcept {
  return state_->lacks_certificate && !state_->has_heard;
}

std::string key_fingerprint(const std::string& certificate_file) {
  ERR_clear_error();
  const std::unique_ptr<BIO, deleter<BIO_free>> file{BIO_new_file(certificate_file.c_str(), "r")};
  const std::unique_ptr<X509, deleter<X509_free>> read{
      file ? PEM_read_bio_X509(file.get(), nullptr, no_password, nullptr) : nullptr};
  if (!read) refuse_file("read certificate from", certificate_file, certificates_wanted);
  return fingerprint_of(read.get());
}

}  // namespace ahoy::inline v0
