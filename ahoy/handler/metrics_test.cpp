#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/handler/metrics.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using ahoy::answer_to_scrape;
using ahoy::task;

std::string status_of(std::string_view head) {
  const std::string all = answer_to_scrape(head, [] { return std::string{"a 1\n"}; });
  return all.substr(0, all.find('\r'));
}

TEST(metrics, an_answer_says_how_long_it_is_and_that_it_is_the_last) {
  EXPECT_EQ(answer_to_scrape("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", [] { return std::string{"a 1\n"}; }),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 4\r\nCache-Control: no-store\r\nConnection: close\r\n\r\na 1\n");
}

TEST(metrics, other_requests_are_refused) {
  EXPECT_EQ(status_of("GET /metrics?x=y HTTP/1.0\n\n"), "HTTP/1.1 200 OK");
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(status_of("GET /metrics/ HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(status_of("POST /metrics HTTP/1.1\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(status_of("get /metrics HTTP/1.1\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
  for (const std::string_view head :
       {"", "\r\n\r\n", "GET\r\n\r\n", "GET /metrics\r\n\r\n", "GET /metrics SPDY/1\r\n\r\n",
        "GET metrics HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n", " /metrics HTTP/1.1\r\n\r\n",
        "GET /metrics HTTP/1.1\r\n"})
    EXPECT_EQ(status_of(head), "HTTP/1.1 400 Bad Request") << head;
}

task<> ask(ahoy::connection& from, std::string request, std::string& answer) {
  co_await from.send(request);
  from.shutdown_send();
  for (;;) {
    const ahoy::bytes some = co_await from.receive();
    if (some.empty()) co_return;
    answer += some.text();
  }
}

task<> serve(ahoy::metrics& how, ahoy::connection& peer) {
  co_await how.serve(peer);
  peer.shutdown_send();
}

std::string answer_by(ahoy::engine& by, ahoy::metrics& how, std::string request) {
  auto [here, there] = ahoy::make_pipe(by);
  std::string answer;
  by.run(ahoy::when_all(ahoy::tasks(serve(how, *here), ask(*there, std::move(request), answer))));
  return answer;
}

std::string answer_to(std::string request) {
  const auto by = ahoy::make_engine(ahoy::engine_choice::epoll);
  ahoy::metrics how{[] { return std::string{"a 1\n"}; }};
  return answer_by(*by, how, std::move(request));
}

TEST(metrics, a_head_that_is_too_large_is_refused) {
  const std::string head = "GET /metrics HTTP/1.1\r\nX: " + std::string(ahoy::metrics::most_head, 'x');
  EXPECT_TRUE(answer_to(head + "\r\n\r\n").starts_with("HTTP/1.1 431 "));
}

TEST(metrics, a_head_that_is_not_whole_is_none) {
  EXPECT_TRUE(answer_to("GET /metrics HTTP/1.1\r\n").starts_with("HTTP/1.1 400 "));
}

TEST(metrics, a_text_is_given_for_a_second) {
  int made = 0;
  ahoy::metrics how{[&] { return std::to_string(++made); }};
  constexpr ahoy::time_point start{1h};
  EXPECT_EQ(how.text(start), "1");
  EXPECT_EQ(how.text(start + 999ms), "1");
  EXPECT_EQ(how.text(start + 1s), "2");
  EXPECT_EQ(how.text(start + 1999ms), "2");
}

TEST(metrics, who_asks_in_a_loop_is_given_what_was_there) {
  int made = 0;
  ahoy::metrics how{[&] { return "a " + std::to_string(++made) + "\n"; }};
  const auto by = ahoy::make_engine(ahoy::engine_choice::epoll);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(answer_by(*by, how, "GET /metrics HTTP/1.0\n\n").ends_with("\n"));
  EXPECT_LT(made, 50);  // one a second, on however slow a machine
  EXPECT_TRUE(answer_by(*by, how, "GET / HTTP/1.0\n\n").starts_with("HTTP/1.1 404 "));
}

TEST(metrics, who_says_nothing_is_told_nothing) { EXPECT_EQ(answer_to(""), ""); }

}  // namespace
