#include <ahoy/connection/openssl_pointer.hpp>
#include <ahoy/connection/tls_session.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>

namespace {

using ahoy::openssl_pointer;
using ahoy::tls_options;

/// One side of a conversation, whose words are strings.
class side {
 public:
  explicit side(ahoy::tls_session session) : session_{std::move(session)} {}
  static side to_server(const ahoy::host& name, std::string label, const tls_options& how) {
    return side{ahoy::tls_session::to_server(ahoy::tls_context::of_client(how), name, std::move(label))};
  }
  void take(std::string_view wire) { session_.take(wire); }
  void end() { session_.end(); }
  bool shake_hands() { return session_.shake_hands(); }
  void write(std::string_view plain) { session_.write(plain); }
  std::string outgoing() {
    std::string wire;
    session_.take_outgoing(wire);
    return wire;
  }
  std::optional<std::string> read() {
    std::string plain(65536, '\0');
    const auto size = session_.read(plain);
    return size ? std::optional{plain.substr(0, *size)} : std::nullopt;
  }
  ahoy::tls_session& operator*() { return session_; }

 private:
  ahoy::tls_session session_;
};

using key_ptr = openssl_pointer<EVP_PKEY, EVP_PKEY_free>;
using certificate_ptr = openssl_pointer<X509, X509_free>;

/// A certificate that signed itself, for names such as "DNS:localhost", from a day ago on for so many days.
certificate_ptr make_certificate(EVP_PKEY* key, const char* names, int days) {
  certificate_ptr made{X509_new()};
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -24L * 3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), (days - 1) * 24L * 3600 - 60);
  X509_set_pubkey(made.get(), key);
  const openssl_pointer<X509_EXTENSION, X509_EXTENSION_free> extension{
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names)};
  X509_add_ext(made.get(), extension.get(), -1);
  X509_sign(made.get(), key, EVP_sha256());
  return made;
}

/// The other side, in OpenSSL's own words.
class server {
 public:
  server(const char* names, int days)
      : key{EVP_EC_gen("P-256")}, certificate{make_certificate(key.get(), names, days)} {
    SSL_CTX_use_certificate(context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
  }
  void speak_old_versions_alone() {
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  }
  void speak_at_most(int version) const { SSL_CTX_set_max_proto_version(context.get(), version); }
  void begin() {
    arrived = BIO_new(BIO_s_mem());
    leaving = BIO_new(BIO_s_mem());
    session.reset(SSL_new(context.get()));
    SSL_set_bio(session.get(), arrived, leaving);
    SSL_set_accept_state(session.get());
  }
  /// Takes what the client has to send, and gives it what there is for it.
  void exchange(side& client) {
    const std::string come = client.outgoing();
    BIO_write(arrived, come.data(), static_cast<int>(come.size()));
    ERR_clear_error();
    if (SSL_is_init_finished(session.get()) == 0) SSL_do_handshake(session.get());
    std::string gone(BIO_ctrl_pending(leaving), '\0');
    if (!gone.empty()) BIO_read(leaving, gone.data(), static_cast<int>(gone.size()));
    wire_size += gone.size();
    client.take(gone);
  }
  /// Somebody on the way has changed what the client says: it is refused by an alert.
  void hear_changed(side& client) const {
    std::string come = client.outgoing();
    come.back() = static_cast<char>(come.back() ^ 1);
    BIO_write(arrived, come.data(), static_cast<int>(come.size()));
    ERR_clear_error();
    EXPECT_EQ(hear(), "");
  }
  void say(std::string_view text) const {
    SSL_write(session.get(), text.data(), static_cast<int>(text.size()));
  }
  std::string hear() const {
    std::array<char, 100'000> plain{};
    const int size = SSL_read(session.get(), plain.data(), plain.size());
    return {plain.data(), static_cast<std::size_t>(std::max(size, 0))};
  }
  void say_goodbye() const { SSL_shutdown(session.get()); }
  [[nodiscard]] std::string name_asked_for() const {
    const char* name = SSL_get_servername(session.get(), TLSEXT_NAMETYPE_host_name);
    return name ? name : "";
  }

  key_ptr key;
  certificate_ptr certificate;
  std::size_t wire_size = 0;

 private:
  openssl_pointer<SSL_CTX, SSL_CTX_free> context{SSL_CTX_new(TLS_server_method())};
  openssl_pointer<SSL, SSL_free> session;
  BIO* arrived = nullptr;  // both are the session's
  BIO* leaving = nullptr;
};

class file {
 public:
  file() : descriptor_{::mkstemp(name_.data())} {}
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() {
    ::unlink(name_.c_str());
    ::close(descriptor_);
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  void write(X509* certificate) const {
    FILE* const to = std::fopen(name_.c_str(), "w");
    PEM_write_X509(to, certificate);
    std::fclose(to);
  }
  void write(EVP_PKEY* key) const {
    FILE* const to = std::fopen(name_.c_str(), "w");
    PEM_write_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(to);
  }

 private:
  std::string name_ = testing::TempDir() + "ahoy-tls-XXXXXX";
  int descriptor_;
};

/// What the client's handshake comes to.
std::error_code shake_hands(side& client, server& with) {
  try {
    for (int turn = 0; turn < 10; ++turn) {
      const bool is_over = client.shake_hands();
      with.exchange(client);
      if (is_over) return {};
    }
  } catch (const ahoy::error& why) {
    return why.code();
  }
  return std::make_error_code(std::errc::timed_out);
}

class tls : public testing::Test {
 protected:
  std::error_code meet(const ahoy::host& name, const char* names = "DNS:localhost,IP:127.0.0.1,IP:::1",
                       int days = 30) {
    met_ = std::make_unique<server>(names, days);
    trusted_.write(met_->certificate.get());
    met_->begin();
    client_.emplace(side::to_server(name, "localhost:563", how_));
    return shake_hands(*client_, *met_);
  }
  tls() { how_.authorities = trusted_.name(); }

  file trusted_;
  tls_options how_;
  std::unique_ptr<server> met_;
  std::optional<side> client_;
};

TEST_F(tls, carries_what_both_say) {
  ASSERT_EQ(meet("localhost"), std::error_code{});
  EXPECT_EQ(met_->name_asked_for(), "localhost");
  const std::string text = std::string(50'000, 'x') + '\0';
  client_->write(text);
  met_->exchange(*client_);
  std::string heard;
  for (std::string piece = met_->hear(); !piece.empty(); piece = met_->hear()) heard += piece;
  EXPECT_TRUE(heard == text);
  EXPECT_FALSE(client_->read()) << "nothing yet";
  met_->say("welcome");
  met_->exchange(*client_);
  EXPECT_EQ(client_->read(), "welcome");
  EXPECT_FALSE(client_->read());
}

TEST_F(tls, knows_an_address_and_asks_for_no_name_then) {
  EXPECT_EQ(meet("127.0.0.1"), std::error_code{});
  EXPECT_EQ(met_->name_asked_for(), "");
  EXPECT_EQ(meet("::1"), std::error_code{});
  EXPECT_EQ(meet("127.0.0.2"), ahoy::errc::not_trusted);
}

TEST_F(tls, trusts_no_other_name_no_old_certificate_and_no_stranger) {
  EXPECT_EQ(meet("localhost", "DNS:elsewhere.invalid"), ahoy::errc::not_trusted);
  EXPECT_EQ(meet("localhost.invalid"), ahoy::errc::not_trusted);
  EXPECT_EQ(meet("localhost", "DNS:localhost", 0), ahoy::errc::not_trusted);
  how_.authorities.clear();
  EXPECT_EQ(meet("localhost"), ahoy::errc::not_trusted);
  EXPECT_GT(client_->outgoing().size(), 0U) << "the alert";
  how_.insecure = true;
  EXPECT_EQ(meet("localhost", "DNS:elsewhere.invalid"), std::error_code{});
}

TEST_F(tls, says_why_it_does_not_trust) {
  met_ = std::make_unique<server>("DNS:elsewhere.invalid", 30);
  trusted_.write(met_->certificate.get());
  met_->begin();
  auto client = side::to_server("localhost", "localhost:563", how_);
  try {
    while (!client.shake_hands()) met_->exchange(client);
    FAIL();
  } catch (const ahoy::error& why) {
    EXPECT_STREQ(why.what(), "trust localhost:563: the certificate is not trusted");
    EXPECT_EQ(why.hint(),
              "hostname mismatch: the certificate is for elsewhere.invalid, and not for localhost");
  }
}

TEST_F(tls, takes_no_old_version) {
  met_ = std::make_unique<server>("DNS:localhost", 30);
  met_->speak_old_versions_alone();
  trusted_.write(met_->certificate.get());
  met_->begin();
  auto client = side::to_server("localhost", "localhost:563", how_);
  EXPECT_EQ(shake_hands(client, *met_), ahoy::errc::handshake_failed);
}

TEST_F(tls, takes_nothing_else_for_tls) {
  how_.authorities.clear();
  for (const char* each : {"200 news.example.org ready\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"}) {
    auto client = side::to_server("localhost", "localhost:563", how_);
    EXPECT_FALSE(client.shake_hands());
    client.take(each);
    EXPECT_THROW(client.shake_hands(), ahoy::error) << each;
  }
  auto client = side::to_server("localhost", "localhost:563", how_);
  EXPECT_FALSE(client.shake_hands());
  client.end();
  EXPECT_THROW(client.shake_hands(), ahoy::error);
}

TEST_F(tls, knows_an_end_from_a_cut) {
  ASSERT_EQ(meet("localhost"), std::error_code{});
  met_->say("last words");
  met_->say_goodbye();
  met_->exchange(*client_);
  EXPECT_EQ(client_->read(), "last words");
  EXPECT_EQ(client_->read(), "");
  EXPECT_EQ(client_->read(), "");

  ASSERT_EQ(meet("localhost"), std::error_code{});
  met_->say("words");
  met_->exchange(*client_);
  client_->end();
  EXPECT_EQ(client_->read(), "words");
  try {
    client_->read();
    FAIL() << "it was cut";
  } catch (const ahoy::error& why) {
    EXPECT_EQ(why.code(), ahoy::errc::cut_short);
  }
}

/// What was said before is heard; then it is no end, however often one asks.
TEST_F(tls, takes_no_alert_for_an_end) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const bool says_something : {true, false}) {
      met_ = std::make_unique<server>("DNS:localhost", 30);
      met_->speak_at_most(version);
      trusted_.write(met_->certificate.get());
      met_->begin();
      client_.emplace(side::to_server("localhost", "localhost:563", how_));
      ASSERT_EQ(shake_hands(*client_, *met_), std::error_code{});
      met_->exchange(*client_);
      if (says_something) met_->say("words");
      client_->write("hello");
      met_->hear_changed(*client_);
      met_->exchange(*client_);
      if (says_something) {
        EXPECT_EQ(client_->read(), "words");
      }
      for (int time = 0; time < 3; ++time) {
        try {
          EXPECT_EQ(client_->read(), std::nullopt);
          ADD_FAILURE() << "it was refused";
        } catch (const ahoy::error& why) {
          EXPECT_EQ(why.code(), ahoy::errc::protocol_broken) << why.hint();
        }
      }
    }
  }
}

/// A session that is resumed shows no certificate: it must be of the same server, whatever errors call it.
TEST_F(tls, resumes_with_the_same_server_alone) {
  met_ = std::make_unique<server>("DNS:localhost", 30);
  trusted_.write(met_->certificate.get());
  const auto as = ahoy::tls_context::of_client(how_);
  const auto call = [&](const ahoy::host& name) {
    met_->begin();
    client_.emplace(ahoy::tls_session::to_server(as, name, "the server"));
    const std::error_code why = shake_hands(*client_, *met_);
    if (why) return why;
    met_->say("words");
    met_->exchange(*client_);
    EXPECT_EQ(client_->read(), "words");  // and what it remembers us by
    (**client_).write_end();              // what was cut is not resumed
    return why;
  };
  ASSERT_EQ(call("localhost"), std::error_code{});
  EXPECT_EQ(call("bank.example"), ahoy::errc::not_trusted);
  ASSERT_EQ(call("localhost"), std::error_code{});
  EXPECT_TRUE((**client_).is_resumed());
}

/// With anybody, whomever it believes; that there is nothing in common is no failure.
TEST_F(tls, a_server_rehearses_before_anybody_calls) {
  const file shown, its_key;
  const server one{"DNS:localhost", 30};
  shown.write(one.certificate.get());
  its_key.write(one.key.get());
  tls_options answers, calls;
  answers.certificate = shown.name();
  answers.key = its_key.name();
  answers.requires_certificate = true;
  answers.trusted_keys = {std::string(64, '0')};
  answers.token = calls.token = "what both ends have";
  answers.protocols = calls.protocols = {"one"};
  calls.insecure = true;
  const auto rehearse = [&] {
    ahoy::tls_session::rehearse(ahoy::tls_context::of_server(answers), ahoy::tls_context::of_client(calls));
  };
  EXPECT_NO_THROW(rehearse());
  calls.protocols = {"other"};
  EXPECT_NO_THROW(rehearse());
  calls.protocols = answers.protocols;
  calls.token += ", or nearly so";
  EXPECT_THROW(rehearse(), ahoy::error);
}

TEST_F(tls, takes_no_forged_record) {
  ASSERT_EQ(meet("localhost"), std::error_code{});
  client_->take(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  try {
    client_->read();
    FAIL() << "it was forged";
  } catch (const ahoy::error& why) {
    EXPECT_EQ(why.code(), ahoy::errc::protocol_broken);
  }
}

TEST_F(tls, needs_files_that_can_be_read) {
  const auto cause = [this] {
    try {
      static_cast<void>(side::to_server("localhost", "localhost:563", how_));
    } catch (const ahoy::error& why) {
      return why.code();
    }
    return std::error_code{};
  };
  how_.authorities = "/nowhere/at/all";
  EXPECT_EQ(cause(), ahoy::system_code(ENOENT));
  how_.authorities.clear();
  EXPECT_EQ(cause(), std::error_code{});
  how_.certificate = trusted_.name();
  EXPECT_EQ(cause(), ahoy::errc::malformed) << "it is empty";
  how_.certificate.clear();
  how_.key = trusted_.name();
  EXPECT_EQ(cause(), ahoy::errc::malformed);
  const server other{"DNS:localhost", 30};
  trusted_.write(other.certificate.get());
  file rsa;
  const key_ptr key{EVP_RSA_gen(2048)};
  rsa.write(key.get());
  how_.certificate = trusted_.name();
  how_.key = rsa.name();
  EXPECT_EQ(cause(), ahoy::errc::malformed) << "the key is not the certificate's";
}

}  // namespace
