#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <clocale>

namespace {

TEST(Error, LineIsVerbAddressCause) {
  ahoy::error failure(ahoy::system_code(ECONNREFUSED), "connect to", "[::1]:23456 (localhost)");
  EXPECT_STREQ(failure.what(), "connect to [::1]:23456 (localhost): connection refused");
  EXPECT_EQ(failure.verb(), "connect to");
  EXPECT_EQ(failure.address(), "[::1]:23456 (localhost)");
  EXPECT_EQ(failure.code(), std::errc::connection_refused);
}

TEST(Error, LeavesOutWhatIsEmpty) {
  EXPECT_STREQ(ahoy::error(ahoy::errc::malformed, "", "x").what(), "x: malformed");
  EXPECT_STREQ(ahoy::error(ahoy::errc::malformed, "read", "").what(), "read: malformed");
  EXPECT_STREQ(ahoy::error(ahoy::errc::malformed, "", "").what(), "malformed");
}

TEST(Error, HintIsNotPartOfTheLine) {
  ahoy::error failure(ahoy::errc::out_of_range, "read", "99999", "a port is 0 to 65535");
  EXPECT_STREQ(failure.what(), "read 99999: out of range");
  EXPECT_EQ(failure.hint(), "a port is 0 to 65535");
}

TEST(Error, GivesTheUsualHintWhereNoneIsGiven) {
  ahoy::error refused(ahoy::system_code(ECONNREFUSED), "connect to", "x");
  EXPECT_NE(refused.hint().find("start the server"), std::string::npos);
  ahoy::error other_verb(ahoy::system_code(ECONNREFUSED), "close", "x");
  EXPECT_EQ(other_verb.hint(), "");
  ahoy::error any_verb(ahoy::system_code(EMFILE), "whatever", "x");
  EXPECT_NE(any_verb.hint().find("ulimit"), std::string::npos);
  ahoy::error generic(std::make_error_code(std::errc::address_in_use), "bind", "x");
  EXPECT_NE(generic.hint().find("another port"), std::string::npos);
}

TEST(Error, NeverCarriesRawControls) {
  ahoy::error failure(ahoy::errc::malformed, "read", "a\x1b[2J\n\xff\xe2\x80\xae\\x1b", "b\x07");
  EXPECT_STREQ(failure.what(), "read a\\x1b[2J\\x0a\\xff\\u{202e}\\x1b: malformed");
  EXPECT_EQ(failure.hint(), "b\\x07");
}

TEST(Error, EveryCauseHasItsOwnWords) {
  const std::array causes{ahoy::errc::host_not_found, ahoy::errc::service_not_found,
                          ahoy::errc::malformed,      ahoy::errc::out_of_range,
                          ahoy::errc::too_long,       ahoy::errc::protocol_broken,
                          ahoy::errc::cut_short,      ahoy::errc::lookup_unanswered};
  for (auto cause : causes) {
    auto words = ahoy::cause_in_words(cause);
    EXPECT_NE(words, "unknown cause");
    for (auto other : causes) EXPECT_EQ(words == ahoy::cause_in_words(other), cause == other);
  }
  EXPECT_EQ(ahoy::cause_in_words(std::error_code(99, ahoy::error_category())), "unknown cause");
  EXPECT_EQ(ahoy::cause_in_words(std::error_code(-1, ahoy::error_category())), "unknown cause");
}

TEST(Error, WordsOfErrno) {
  EXPECT_EQ(ahoy::cause_in_words(ahoy::system_code(EPIPE)), "broken pipe");
  EXPECT_EQ(ahoy::cause_in_words(ahoy::system_code(EIO)), "input/output error");
  EXPECT_EQ(ahoy::cause_in_words(ahoy::system_code(ETIMEDOUT)), "timed out");
  EXPECT_EQ(ahoy::cause_in_words(std::make_error_code(std::errc::timed_out)), "timed out");
  EXPECT_EQ(ahoy::cause_in_words(ahoy::system_code(99999)), "error 99999");
}

TEST(Error, ComparesWithItsCause) {
  try {
    throw ahoy::error(ahoy::errc::host_not_found, "look up", "nowhere");
  } catch (const std::system_error& caught) {
    EXPECT_EQ(caught.code(), ahoy::errc::host_not_found);
    EXPECT_STREQ(caught.code().category().name(), "ahoy");
    EXPECT_STREQ(caught.what(), "look up nowhere: host not found");
  }
}

}  // namespace
