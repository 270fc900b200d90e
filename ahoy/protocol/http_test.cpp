#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/http.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace {

ahoy::http_answer read_header(std::string_view text) {
  ahoy::http_header_reader reader;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    reader.take(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  EXPECT_TRUE(reader.is_whole());
  return reader.answer();
}

TEST(http, reads_a_header) {
  const auto answer = read_header("HTTP/1.1 404 Not Found\nContent-Type:  text/plain \nX-Empty:\n\n");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.version, "1.1");
  EXPECT_EQ(answer.reason, "Not Found");
  EXPECT_EQ(*answer.field("content-type"), "text/plain");
  EXPECT_EQ(*answer.field("x-empty"), "");
  EXPECT_EQ(answer.field("nosuch"), nullptr);
}

TEST(http, the_last_header_counts) {
  const auto answer = read_header("HTTP/1.1 100 Continue\n\nHTTP/2 200\nA: b\n\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.version, "2");
  EXPECT_EQ(answer.fields.size(), 1U);
}

TEST(http, a_header_without_end_is_refused) {
  ahoy::http_header_reader reader;
  reader.take("HTTP/1.1 200 OK");
  EXPECT_THROW(
      {
        for (int times = 0; times < 2000; ++times) reader.take("X: y");
      },
      ahoy::error);
}

TEST(http, a_field_cannot_be_split) {
  const auto by = ahoy::make_engine();
  for (const char* value : {"a\r\nB: c", "a\nb"}) {
    ahoy::http_request asked{"http://localhost:1/"};
    asked.fields.emplace_back("X", value);
    EXPECT_THROW(ahoy::http_exchange(*by, asked, ahoy::transfer_options{}), ahoy::error) << value;
  }
}

TEST(http, says_what_a_status_means) {
  struct row {
    int status;
    ahoy::errc cause;
  };
  for (const auto& [status, cause] : {row{400, ahoy::errc::refused}, row{401, ahoy::errc::login_refused},
                                      row{404, ahoy::errc::not_there}, row{410, ahoy::errc::not_there}}) {
    ahoy::http_answer answer;
    answer.status = status;
    try {
      check(answer, "x");
      ADD_FAILURE() << status;
    } catch (const ahoy::error& failure) {
      EXPECT_EQ(failure.code(), cause) << status;
    }
  }
}

TEST(http, names_the_way_in_which_it_failed) {
  ahoy::http_answer answer;
  answer.status = 500;
  try {
    check(answer, "x", "send to");
    ADD_FAILURE();
  } catch (const ahoy::error& failure) {
    EXPECT_EQ(failure.verb(), "send to");
  }
}

}  // namespace
