#include <ahoy/error/signal.hpp>

#include <gtest/gtest.h>

#include <csignal>

namespace {

TEST(signal_in_words, is_its_name_and_what_it_means) {
  EXPECT_EQ(ahoy::signal_in_words(SIGSEGV), "SIGSEGV (segmentation fault)");
  EXPECT_EQ(ahoy::signal_in_words(SIGKILL), "SIGKILL (killed)");
  EXPECT_EQ(ahoy::signal_in_words(SIGIO), "SIGPOLL (I/O possible)");
  EXPECT_EQ(ahoy::signal_in_words(SIGRTMIN + 6), "signal " + std::to_string(SIGRTMIN + 6));
}

}  // namespace
