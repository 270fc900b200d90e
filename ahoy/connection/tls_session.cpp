#include <ahoy/address/international_name.hpp>
#include <ahoy/connection/openssl_pointer.hpp>
#include <ahoy/connection/security.hpp>
#include <ahoy/connection/tls_failure.hpp>
#include <ahoy/connection/tls_hello.hpp>
#include <ahoy/connection/tls_peer.hpp>
#include <ahoy/connection/tls_session.hpp>
#include <ahoy/connection/tls_token.hpp>
#include <ahoy/error/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <new>

namespace ahoy::inline v0 {

namespace {

/// What one record holds (RFC 8446, section 5.1).
constexpr std::size_t longest_record = std::size_t{16} * 1024;
/// The first byte of what a peer says that speaks TLS: a record of the handshake, or an alert.
constexpr std::array<char, 2> first_bytes{22, 21};
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

/// As a certificate has it: without a zone.
std::string name_to_verify(const host& server) {
  const std::string name = known_name(server);
  return name.substr(0, name.find('%'));
}

}  // namespace

struct tls_session::state {
  state(tls_context as, std::string label, bool is_server);
  void make_session();
  void take_place_of_network();
  static int bio_read(BIO* self, char* into, std::size_t room, std::size_t* size);
  static int bio_write(BIO* self, const char* from, std::size_t size, std::size_t* written);
  static long bio_control(BIO* self, int what, long, void*);
  static BIO_METHOD* bio_method();
  [[nodiscard]] bool admits(std::string_view wire);
  [[nodiscard]] bool agree_by_tls();
  [[nodiscard]] bool proves() const noexcept { return !common.token().empty(); }
  [[nodiscard]] bool prove();
  void say_proof();
  [[nodiscard]] bool hear_proof();
  [[noreturn]] void refuse_token(const char* why) const;
  void set_up_name(const host& server);
  [[noreturn]] void fail_handshake() const;
  [[nodiscard]] std::exception_ptr reason_of_failure() const;
  void stop_reading(int result);
  [[nodiscard]] std::size_t read_what_is_there(std::span<char> into);
  /// Of a call that has not succeeded: whether it only has to wait for more.
  [[nodiscard]] bool has_to_wait(int result) const;

  tls_context common;
  tls_peer peer;
  openssl_pointer<SSL, SSL_free> session;
  bytes lent;               // what came last, until it was read
  std::string kept;         // the same, of what was not lent
  std::string_view unread;  // of either
  std::string leaving;
  const bool is_server;
  std::unique_ptr<hello_guard> guard;  // of a caller, until the handshake is over
  token_proof proof{};                 // the peer's, as far as it has come
  std::size_t proof_size = 0;
  bool has_proved = false;  // or need not
  bool is_agreed = false;   // but for the token
  bool is_too_long = false;
  std::exception_ptr broken;  // why nothing more can be read
  bool has_ended = false;     // by close_notify
  bool has_heard = false;     // words
  bool is_cut = false;        // nothing more will come
  bool speaks_tls = true;     // what came first is TLS
  bool has_come = false;      // anything
};

/// Of a caller that is silent little is held: what OpenSSL wants is made when it has said something.
tls_session::state::state(tls_context as, std::string label_of_it, bool answers)
    : common{std::move(as)}, is_server{answers} {
  peer.label = std::move(label_of_it);
  if (!is_server) make_session();
}

void tls_session::state::make_session() {
  session.reset(common.new_session(peer));
  take_place_of_network();
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
  static const openssl_pointer<BIO_METHOD, BIO_meth_free> made = [] {
    openssl_pointer<BIO_METHOD, BIO_meth_free> method{
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
  peer.name = name_to_verify(server);
  const bool is_address = server.is_numeric() && server.kind() != host_kind::any;
  X509_VERIFY_PARAM* const asked = SSL_get0_param(session.get());
  // A subject is whatever its owner asked for, and names no server (RFC 9525, section 6.2).
  X509_VERIFY_PARAM_set_hostflags(asked,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  int is_set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(asked, peer.name.c_str())
                          : X509_VERIFY_PARAM_set1_host(asked, peer.name.c_str(), peer.name.size());
  if (is_set == 1 && !is_address)  // RFC 6066, section 3: the name of no address
    is_set = static_cast<int>(SSL_set_tlsext_host_name(session.get(), peer.name.c_str()));
  if (is_set != 1) throw error{make_error_code(errc::malformed), "verify", peer.label, words_of_failure()};
}

bool tls_session::state::has_to_wait(int result) const {
  return SSL_get_error(session.get(), result) == SSL_ERROR_WANT_READ;
}

void tls_session::state::fail_handshake() const {
  if (peer.thrown) std::rethrow_exception(peer.thrown);
  const auto failed = make_error_code(errc::handshake_failed);
  if (is_too_long) throw error{failed, "begin TLS with", peer.label, "what it says first is too long"};
  if (peer.lacks_token) throw error{failed, "begin TLS with", peer.label, "it proves no token"};
  if (is_cut) throw error{failed, "begin TLS with", peer.label, "it ended the connection instead"};
  if (!peer.why_refused.empty() && SSL_get_verify_mode(session.get()) != SSL_VERIFY_NONE)
    throw trust_error{peer.label, peer.why_refused, peer.key};
  if (!speaks_tls) throw error{failed, "begin TLS with", peer.label, "what it says is not TLS"};
  throw error{failed, "begin TLS with", peer.label, words_of_alert()};
}

tls_session::tls_session(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}
tls_session::tls_session(tls_session&&) noexcept = default;
tls_session::~tls_session() = default;

tls_session tls_session::to_server(const tls_context& as, const host& server, std::string label) {
  auto made = std::make_unique<state>(as, std::move(label), false);
  made->set_up_name(server);
  as.resume(made->session.get());
  SSL_set_connect_state(made->session.get());
  return tls_session{std::move(made)};
}

tls_session tls_session::to_client(const tls_context& as, std::string label) {
  return tls_session{std::make_unique<state>(as, std::move(label), true)};
}

namespace {

void pass_on(tls_session& from, tls_session& to) {
  std::string wire;
  from.take_outgoing(wire);
  to.take(wire);
}

void agree(tls_session& caller, tls_session& server) {
  for (bool is_over = false; !is_over;) {
    const bool called = caller.shake_hands();
    pass_on(caller, server);
    is_over = server.shake_hands() && called;
    pass_on(server, caller);
  }
}

}  // namespace

void tls_session::rehearse(const tls_context& server, const tls_context& caller) {
  tls_session calling = to_server(caller, host{"localhost"}, "itself");
  tls_session answering = to_client(server, "itself");
  answering.state_->make_session();
  SSL_set_verify(answering.state_->session.get(), SSL_VERIFY_NONE, nullptr);
  try {
    agree(calling, answering);
  } catch (const error& why) {
    if (why.code() != errc::handshake_failed) throw;
  }
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
  return !state_->proves() || state_->prove();
}

void tls_session::state::refuse_token(const char* why) const {
  throw error{make_error_code(errc::refused), "prove token to", peer.label, why};
}

void tls_session::state::say_proof() {
  const token_proof own =
      prove_token(session.get(), common.token(), is_server ? token_side::server : token_side::client);
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
      prove_token(session.get(), common.token(), is_server ? token_side::client : token_side::server);
  if (!is_same(proof, expected)) {
    SSL_shutdown(session.get());
    refuse_token(is_server ? "it proves another one" : "it cannot prove that it has the same");
  }
  if (is_server && !has_proved) say_proof();
  return true;
}

/// Of a read that has given nothing, and is not to wait. Who does not take our certificate may say so only
/// after the handshake, where that is over for us before it is for the peer (RFC 8446, appendix E.1).
std::exception_ptr tls_session::state::reason_of_failure() const {
  const bool is_refusal = !is_server && !has_heard && is_refusal_alert();
  const auto cause = make_error_code(is_refusal ? errc::handshake_failed : errc::protocol_broken);
  return std::make_exception_ptr(
      error{cause, is_refusal ? "begin TLS with" : "receive from", peer.label, words_of_alert()});
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
  throw error{make_error_code(errc::cut_short), "receive from", state_->peer.label,
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
      throw error{make_error_code(errc::protocol_broken), "send to", state_->peer.label, words_of_failure()};
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
const std::string& tls_session::peer_key() const {
  X509* const shown = state_->session ? SSL_get0_peer_certificate(state_->session.get()) : nullptr;
  if (state_->peer.key.empty() && shown) state_->peer.key = fingerprint_of(shown);
  return state_->peer.key;
}

const std::string& tls_session::label() const { return state_->peer.label; }

std::string tls_session::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(state_->session.get(), &name, &size);
  const std::string_view agreed{reinterpret_cast<const char*>(name), size};
  const std::size_t own = state_->proves() ? token_protocol.size() + 1 : 0;
  return std::string{agreed.substr(std::min(own, agreed.size()))};
}

bool tls_session::is_resumed() const noexcept { return SSL_session_reused(state_->session.get()) == 1; }

void tls_session::throw_lack_of_certificate() const {
  throw error{make_error_code(errc::handshake_failed), "begin TLS with", state_->peer.label,
              "it asked for a certificate of ours, and ended when it was shown none"};
}

bool tls_session::lacks_certificate() const noexcept {
  return state_->peer.lacks_certificate && !state_->has_heard;
}

}  // namespace ahoy::inline v0
