#include <ahoy/connection/tls_failure.hpp>
#include <ahoy/error/escape.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

namespace ahoy::inline v0 {

namespace {

/// More of what a certificate says than this is not shown.
constexpr std::size_t longest_text = 200;

struct words_row {
  int reason;
  std::string_view words;
};

/// Alerts that the peer sent, and what a peer did that we do not take.
constexpr std::array reasons{
    words_row{SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "it wants a certificate of ours"},
    words_row{SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "it does not take our certificate"},
    words_row{SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "it does not take our certificate: it has expired"},
    words_row{SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "it does not take our certificate"},
    words_row{SSL_R_TLSV1_ALERT_UNKNOWN_CA,
              "it does not take our certificate: it does not know who signed it"},
    words_row{SSL_R_TLSV1_ALERT_ACCESS_DENIED,
              "it does not let us in: it wants a token, or a certificate, of ours"},
    words_row{SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
              "it wants another TLS than ours, or a certificate of ours"},
    words_row{SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
              "it has no TLS version in common with us: we speak 1.2 and 1.3"},
    words_row{SSL_R_UNSUPPORTED_PROTOCOL, "it has no TLS version in common with us: we speak 1.2 and 1.3"},
    words_row{SSL_R_TLSV1_ALERT_INTERNAL_ERROR, "it cannot go on: it may be busy"},
    words_row{SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, "it has no protocol (ALPN) in common with us"},
    words_row{SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "it showed no certificate"},
};

std::string text_of(X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> to{BIO_new(BIO_s_mem()), &BIO_free};
  X509_NAME_print_ex(to.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  std::string text(std::min<std::size_t>(BIO_ctrl_pending(to.get()), longest_text), '\0');
  if (!text.empty()) BIO_read(to.get(), text.data(), static_cast<int>(text.size()));
  return escape(text);
}

std::string text_of(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "a day that cannot be read";
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

std::string text_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS)
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(name.d.dNSName)),
            static_cast<std::size_t>(ASN1_STRING_length(name.d.dNSName))};
  if (name.type != GEN_IPADD) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int size = ASN1_STRING_length(name.d.iPAddress);
  const bool is_address = size == sizeof(in_addr) || size == sizeof(in6_addr);
  const int family = size == sizeof(in_addr) ? AF_INET : AF_INET6;
  if (is_address) ::inet_ntop(family, ASN1_STRING_get0_data(name.d.iPAddress), text.data(), text.size());
  return text.data();
}

/// The servers that a certificate is for; empty where it names none.
std::string servers_in(X509* shown) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(shown, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free};
  std::string text;
  for (int at = 0; names && at < sk_GENERAL_NAME_num(names.get()) && text.size() < longest_text; ++at) {
    const std::string each = text_of(*sk_GENERAL_NAME_value(names.get(), at));
    if (!each.empty()) text += (text.empty() ? "" : ", ") + each;
  }
  return escape(text.substr(0, longest_text));
}

std::string names_in(X509* shown) {
  const std::string servers = servers_in(shown);
  return servers.empty() ? text_of(X509_get_subject_name(shown)) : servers;
}

std::string last_day(const X509& of) {
  return fmt::format("it was good until {}", text_of(X509_get0_notAfter(&of)));
}

std::string first_day(const X509& of) {
  return fmt::format("it is good from {} on", text_of(X509_get0_notBefore(&of)));
}

/// A subject that looks like the name that was asked for is worth a word.
std::string whom_it_is_for(X509* shown) {
  const std::string servers = servers_in(shown);
  return servers.empty()
             ? fmt::format("no server (it has no subjectAltName; its subject, {}, does not count)",
                           names_in(shown))
             : servers;
}

}  // namespace

std::string words_of_failure() {
  const unsigned long code = ERR_peek_error();
  const char* words = code == 0 ? nullptr : ERR_reason_error_string(code);
  return words ? words : "";
}

std::string words_of_alert() {
  const auto* found = std::ranges::find(reasons, ERR_GET_REASON(ERR_peek_error()), &words_row::reason);
  return found == reasons.end() ? words_of_failure() : std::string{found->words};
}

std::string why_out_of_date(const X509& certificate) {
  if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) < 0) return last_day(certificate);
  return X509_cmp_current_time(X509_get0_notBefore(&certificate)) > 0 ? first_day(certificate) : "";
}

std::string why_not_trusted(x509_store_ctx_st* shown, std::string_view name) {
  X509* const leaf = X509_STORE_CTX_get0_cert(shown);
  const int why = X509_STORE_CTX_get_error(shown);
  std::string words = X509_verify_cert_error_string(why);
  if (!leaf) return words;
  switch (why) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("{}: the certificate is for {}, and not for {}", words, whom_it_is_for(leaf), name);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("{}: {}", words, last_day(*leaf));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("{}: {}; is this machine's clock right?", words, first_day(*leaf));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format("{}: {} signed it, who is not trusted here", words,
                         text_of(X509_get_issuer_name(leaf)));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return fmt::format("{}: nobody but itself says that it is {}", words, names_in(leaf));
    default:
      return words;
  }
}

}  // namespace ahoy::inline v0
