#include <ahoy/error/error.hpp>
#include <ahoy/server/metrics_text.hpp>
#include <ahoy/server/observers.hpp>
#include <ahoy/server/tally.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::tally;
using ahoy::turned_away;

const ahoy::address somebody = ahoy::address::inet(0x7f000001, 1);

TEST(metrics_text, families_with_their_samples) {
  ahoy::metrics_text all;
  all.counter("a_total", "What it is.").sample(5);
  all.gauge("b", "Another.").sample("kind", "x", 1).sample("kind", "y", 2);
  EXPECT_EQ(std::move(all).take(),
            "# HELP a_total What it is.\n# TYPE a_total counter\na_total 5\n"
            "# HELP b Another.\n# TYPE b gauge\nb{kind=\"x\"} 1\nb{kind=\"y\"} 2\n");
}

TEST(metrics_text, a_label_may_be_any_text) {
  ahoy::metrics_text all;
  all.gauge("a", "A.").info({{"x", "quote \" backslash \\ newline \n end"}, {"y", ""}});
  EXPECT_EQ(std::move(all).take(),
            "# HELP a A.\n# TYPE a gauge\na{x=\"quote \\\" backslash \\\\ newline \\n end\",y=\"\"} 1\n");
}

TEST(metrics_text, times_are_seconds) {
  ahoy::metrics_text all;
  all.gauge("a", "A.").sample(std::chrono::milliseconds{12005});
  EXPECT_TRUE(std::move(all).take().ends_with("\na 12.005\n"));
}

TEST(tally, endings_are_few) {
  using enum tally::ending;
  EXPECT_EQ(tally::ending_of("done"), done);
  EXPECT_EQ(tally::ending_of(ahoy::callers::in_words(ahoy::callers::cut::server_ends)), server);
  EXPECT_EQ(tally::ending_of("kicked"), kicked);
  EXPECT_EQ(tally::ending_of(ahoy::callers::in_words(ahoy::callers::cut::made_way)), made_way);
  EXPECT_EQ(tally::ending_of("timed out"), idle);
  EXPECT_EQ(tally::ending_of("too slow: took nothing for 2m"), slow);
  EXPECT_EQ(tally::ending_of(ahoy::cause_in_words(make_error_code(ahoy::errc::too_slow))), slow);
  EXPECT_EQ(tally::ending_of("connection reset by peer"), reset);
  EXPECT_EQ(tally::ending_of("whatever a program says"), failed);
}

bool has(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST(tally, those_who_are_named_and_those_who_are_not_make_one_sum) {
  tally counts;
  ahoy::observers all;
  all.add(counts);
  all.busy(somebody, 3);
  all.untold(turned_away::busy, 40);
  all.denied(somebody);
  all.untold(turned_away::denied, 2);
  all.too_many(somebody, 1);
  all.untold(turned_away::too_many, 5);
  all.too_often(somebody);
  all.untold(turned_away::too_often, 6);
  all.untold(turned_away::insecure, 7);
  all.untold(turned_away::made_way, 1000);  // each of whom has left, too
  all.dropped("x", 4);
  all.exhausted("x");
  ahoy::callers nobody;
  const std::string text = counts.text(nobody, {"1.0", "epoll", "event"});
  EXPECT_TRUE(has(text, "ahoy_connections_refused_total{reason=\"busy\"} 41")) << text;
  EXPECT_TRUE(has(text, "ahoy_connections_refused_total{reason=\"denied\"} 3"));
  EXPECT_TRUE(has(text, "ahoy_connections_refused_total{reason=\"per_address\"} 6"));
  EXPECT_TRUE(has(text, "ahoy_connections_refused_total{reason=\"address_rate\"} 7"));
  EXPECT_TRUE(has(text, "ahoy_connections_refused_total{reason=\"insecure\"} 7"));
  EXPECT_TRUE(has(text, "ahoy_tls_handshakes_total{result=\"failed\"} 7"));
  EXPECT_TRUE(has(text, "ahoy_connections_refused_total{reason=\"no_worker\"} 0"));
  EXPECT_TRUE(has(text, "ahoy_messages_dropped_total 4"));
  EXPECT_TRUE(has(text, "ahoy_accept_exhausted_total 1"));
  EXPECT_TRUE(has(text, "ahoy_connections 0"));
  EXPECT_TRUE(has(text, R"(ahoy_build_info{version="1.0",engine="epoll",model="event"} 1)"));
}

}  // namespace
