#include <ahoy/address/international_name.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/tls_session.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <new>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t most_read = std::size_t{64} * 1024;
/// What one record holds (RFC 8446, section 5.1).
constexpr std::size_t longest_record = std::size_t{16} * 1024;
/// Reasons from here on are alerts that the peer has sent (SSL_R_SSLV3_ALERT_… and the like).
constexpr int first_alert = SSL_AD_REASON_OFFSET;

struct context_deleter {
  void operator()(SSL_CTX* made) const noexcept { SSL_CTX_free(made); }
};
struct session_deleter {
  void operator()(SSL* made) const noexcept { SSL_free(made); }
};

/// OpenSSL's own words for what failed last in this thread.
std::string words_of_failure() {
  const unsigned long code = ERR_peek_error();
  const char* words = code == 0 ? nullptr : ERR_reason_error_string(code);
  return words ? words : "";
}

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

}  // namespace

struct tls_session::state {
  state(std::string label, const tls_options& how);
  void give_buffers();
  void set_up_files(const tls_options& how);
  void set_up_name(const host& server);
  [[noreturn]] void refuse_file(const char* verb, const std::string& name) const;
  [[noreturn]] void fail_handshake() const;
  [[noreturn]] void fail(errc cause) const {
    throw error{make_error_code(cause), "receive from", label, words_of_failure()};
  }
  /// Of a call that has not succeeded: whether it only has to wait for more.
  [[nodiscard]] bool has_to_wait(int result) const;

  std::string label;
  std::unique_ptr<SSL_CTX, context_deleter> context{SSL_CTX_new(TLS_method())};
  std::unique_ptr<SSL, session_deleter> session;
  BIO* arrived = nullptr;  // both are the session's
  BIO* leaving = nullptr;
  bool is_cut = false;  // nothing more will come
};

tls_session::state::state(std::string label_of_it, const tls_options& how) : label{std::move(label_of_it)} {
  if (!context) throw std::bad_alloc{};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(context.get(), how.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  set_up_files(how);
  session.reset(SSL_new(context.get()));
  if (!session) throw std::bad_alloc{};
  give_buffers();
}

void tls_session::state::give_buffers() {
  arrived = BIO_new(BIO_s_mem());
  leaving = BIO_new(BIO_s_mem());
  SSL_set_bio(session.get(), arrived, leaving);  // they go with it from now on
  if (!arrived || !leaving) throw std::bad_alloc{};
}

void tls_session::state::refuse_file(const char* verb, const std::string& name) const {
  throw error{make_error_code(errc::malformed), verb, label, escape(name) + ": " + words_of_failure()};
}

void tls_session::state::set_up_files(const tls_options& how) {
  ERR_clear_error();
  SSL_CTX* const with = context.get();
  if (how.authorities.empty())
    SSL_CTX_set_default_verify_paths(with);
  else if (SSL_CTX_load_verify_file(with, how.authorities.c_str()) != 1)
    refuse_file("read certificates for", how.authorities);
  if (!how.certificate.empty() && SSL_CTX_use_certificate_chain_file(with, how.certificate.c_str()) != 1)
    refuse_file("read certificate for", how.certificate);
  const std::string& key = how.key.empty() ? how.certificate : how.key;
  if (!key.empty() && SSL_CTX_use_PrivateKey_file(with, key.c_str(), SSL_FILETYPE_PEM) != 1)
    refuse_file("read key for", key);
}

void tls_session::state::set_up_name(const host& server) {
  const std::string name = name_to_verify(server);
  const bool is_address = server.is_numeric() && server.kind() != host_kind::any;
  X509_VERIFY_PARAM* const asked = SSL_get0_param(session.get());
  X509_VERIFY_PARAM_set_hostflags(asked, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int is_set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(asked, name.c_str())
                                : X509_VERIFY_PARAM_set1_host(asked, name.c_str(), name.size());
  if (is_set != 1) fail(errc::malformed);
  if (!is_address) SSL_set_tlsext_host_name(session.get(), name.c_str());  // RFC 6066, section 3: no address
}

bool tls_session::state::has_to_wait(int result) const {
  return SSL_get_error(session.get(), result) == SSL_ERROR_WANT_READ;
}

void tls_session::state::fail_handshake() const {
  if (is_cut)
    throw error{make_error_code(errc::handshake_failed), "begin TLS with", label,
                "it ended the connection instead"};
  const long found = SSL_get_verify_result(session.get());
  if (found != X509_V_OK && SSL_get_verify_mode(session.get()) != SSL_VERIFY_NONE)
    throw error{make_error_code(errc::not_trusted), "trust", label, X509_verify_cert_error_string(found)};
  throw error{make_error_code(errc::handshake_failed), "begin TLS with", label, words_of_failure()};
}

tls_session::tls_session(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}
tls_session::tls_session(tls_session&&) noexcept = default;
tls_session::~tls_session() = default;

tls_session tls_session::to_server(const host& server, std::string label, const tls_options& how) {
  auto made = std::make_unique<state>(std::move(label), how);
  made->set_up_name(server);
  SSL_set_connect_state(made->session.get());
  return tls_session{std::move(made)};
}

void tls_session::take(std::string_view wire) {
  if (BIO_write(state_->arrived, wire.data(), static_cast<int>(wire.size())) != static_cast<int>(wire.size()))
    throw std::bad_alloc{};
}

void tls_session::end() noexcept { state_->is_cut = true; }

std::string tls_session::outgoing() {
  std::string wire(BIO_ctrl_pending(state_->leaving), '\0');
  if (!wire.empty()) BIO_read(state_->leaving, wire.data(), static_cast<int>(wire.size()));
  return wire;
}

bool tls_session::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(state_->session.get());
  if (result == 1) return true;
  if (state_->is_cut || !state_->has_to_wait(result)) state_->fail_handshake();
  return false;
}

std::optional<std::string> tls_session::read() {
  std::string plain(most_read, '\0');
  std::size_t size = 0;
  std::size_t more = 0;
  int result = 1;
  ERR_clear_error();
  while (size < plain.size() && result == 1) {
    result = SSL_read_ex(state_->session.get(), plain.data() + size, plain.size() - size, &more);
    if (result == 1) size += more;
  }
  plain.resize(size);
  if (size > 0) return plain;  // a failure shows again at the next read
  if (SSL_get_error(state_->session.get(), result) == SSL_ERROR_ZERO_RETURN) return plain;
  if (state_->has_to_wait(result)) {
    if (state_->is_cut) state_->fail(errc::cut_short);
    return std::nullopt;
  }
  const bool is_alert = ERR_GET_REASON(ERR_peek_error()) >= first_alert;
  state_->fail(is_alert ? errc::handshake_failed : errc::protocol_broken);
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

}  // namespace ahoy::inline v0
