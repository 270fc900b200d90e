#include <ahoy/command/end_rule.hpp>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using ahoy::after_eof;
using ahoy::confirmation;
using ahoy::listen_until;
using rule = ahoy::after_eof::rule;

constexpr after_eof asked[] = {
    {rule::ordinary, ahoy::no_timeout},
    {rule::wait, ahoy::no_timeout},
    {rule::close, ahoy::no_timeout},
    {rule::limited, 2s},
};

void expect_row(ahoy::end_rule (*of)(const after_eof&), const listen_until (&until)[4], bool sends_all) {
  for (int i = 0; i < 4; ++i) {
    const ahoy::end_rule made = of(asked[i]);
    EXPECT_EQ(made.until, until[i]) << i;
    EXPECT_EQ(made.sends_all, sends_all);
  }
  EXPECT_EQ(of(asked[3]).limit, 2s);
}

TEST(EndRule, IsOneForCallAndSend) {
  constexpr listen_until row[] = {listen_until::peer_ends, listen_until::peer_ends, listen_until::settled,
                                  listen_until::limit};
  expect_row(ahoy::rule_of_call, row, false);
  expect_row([](const after_eof& each) { return rule_of_send(each, confirmation::closed); }, row, true);
}

TEST(EndRule, WaitsForNoMoreThanIsToBeConfirmed) {
  expect_row([](const after_eof& each) { return rule_of_send(each, confirmation::acked); },
             {listen_until::settled, listen_until::peer_ends, listen_until::settled, listen_until::limit},
             true);
  expect_row([](const after_eof& each) { return rule_of_send(each, confirmation::sent); },
             {listen_until::at_once, listen_until::peer_ends, listen_until::at_once, listen_until::limit},
             true);
}

TEST(EndRule, OfDatagramsIsATime) {
  EXPECT_EQ(ahoy::datagram_limit(asked[0]), 1s);
  EXPECT_EQ(ahoy::datagram_limit(asked[1]), ahoy::no_timeout);
  EXPECT_EQ(ahoy::datagram_limit(asked[2]), 0s);
  EXPECT_EQ(ahoy::datagram_limit(asked[3]), 2s);
}

}  // namespace
