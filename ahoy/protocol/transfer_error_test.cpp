#include <ahoy/protocol/transfer_error.hpp>

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace {

ahoy::failed_transfer failed(CURLcode code, std::string words = {}) {
  ahoy::failed_transfer what;
  what.code = code;
  what.server = "localhost:1";
  what.words = std::move(words);
  what.url = "http://localhost:1/";
  return what;
}

TEST(transfer_error, says_what_was_waited_for) {
  auto late = failed(CURLE_OPERATION_TIMEDOUT, "Connection timed out after 10 ms");
  EXPECT_EQ(transfer_error(late).verb(), "connect to");
  late.is_connected = true;
  EXPECT_EQ(transfer_error(late).verb(), "receive from");
  late.words = "SSL connection timeout";
  EXPECT_EQ(transfer_error(late).verb(), "begin TLS with");
  late.words = "Resolving timed out after 10 ms";
  EXPECT_EQ(transfer_error(late).verb(), "look up");
  EXPECT_EQ(transfer_error(late).code(), std::errc::timed_out);
  EXPECT_EQ(transfer_error(failed(CURLE_FTP_ACCEPT_TIMEOUT)).code(), std::errc::timed_out);
}

TEST(transfer_error, names_the_way_that_content_went) {
  auto refused = failed(CURLE_REMOTE_ACCESS_DENIED);
  EXPECT_EQ(transfer_error(refused).verb(), "fetch from");
  refused.uploads = true;
  EXPECT_EQ(transfer_error(refused).verb(), "send to");
}

TEST(transfer_error, tells_a_redirect_elsewhere_from_what_is_no_http) {
  auto astray = failed(CURLE_UNSUPPORTED_PROTOCOL, "Protocol \"ftp\" not supported or disabled in libcurl");
  astray.url = "ftp://alice:secret@localhost:1/x";
  EXPECT_EQ(transfer_error(astray).code(), ahoy::errc::refused);
  EXPECT_NE(transfer_error(astray).hint().find("ftp://localhost:1/x"), std::string::npos);
  EXPECT_EQ(transfer_error(astray).hint().find("secret"), std::string::npos);
  const auto other = failed(CURLE_UNSUPPORTED_PROTOCOL, "Received HTTP/0.9 when not allowed");
  EXPECT_EQ(transfer_error(other).code(), ahoy::errc::protocol_broken);
}

TEST(transfer_error, has_the_usual_hint_where_nothing_listens) {
  auto refused = failed(CURLE_COULDNT_CONNECT, "Failed to connect to localhost port 1");
  refused.os_error = ECONNREFUSED;
  EXPECT_NE(transfer_error(refused).hint().find("nothing listens there"), std::string::npos);
}

}  // namespace
