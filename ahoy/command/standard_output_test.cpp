#include <ahoy/command/standard_output.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

namespace {

using ahoy::standard_output;
using ahoy::task;

struct StandardOutput : testing::Test {
  StandardOutput() {
    int made[2];
    EXPECT_EQ(::pipe2(made, O_CLOEXEC), 0);
    reader = std::make_unique<ahoy::descriptor>(*engine, ahoy::fd{made[0]});
    writer = ahoy::fd{made[1]};
    ::signal(SIGPIPE, SIG_IGN);
  }
  ~StandardOutput() override { ::signal(SIGPIPE, SIG_DFL); }

  std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
  std::unique_ptr<ahoy::descriptor> reader;
  ahoy::fd writer;
  std::string got;
};

task<> read_size(ahoy::descriptor& from, std::size_t size, std::string& into) {
  char block[1000];
  while (into.size() < size) {
    co_await from.engine().ready(from, POLLIN);
    const ssize_t count = ::read(from.number(), block, sizeof block);
    into.append(block, static_cast<std::size_t>(count));
  }
}

task<> write(standard_output& to, std::string text) { co_await to.write(text); }

TEST_F(StandardOutput, ASlowReaderHoldsUpNobodyElse) {
  standard_output output{*engine, writer.get()};
  const std::string much(1'000'000, 'x');
  // Reader and writer share this one thread: a write that waited in the kernel would wait for ever.
  engine->run(ahoy::when_all(ahoy::tasks(write(output, much), read_size(*reader, much.size(), got))));
  EXPECT_EQ(got, much);
  EXPECT_EQ(::fcntl(writer.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(StandardOutput, WhatEachTaskGivesGoesOutInOnePiece) {
  standard_output output{*engine, writer.get()};
  const std::string a(100'000, 'a');
  const std::string b(100'000, 'b');
  const std::string c(100'000, 'c');
  engine->run(ahoy::when_all(
      ahoy::tasks(write(output, a), write(output, b), write(output, c), read_size(*reader, 300'000, got))));
  EXPECT_EQ(got.size(), 300'000U);
  got.erase(std::unique(got.begin(), got.end()), got.end());
  EXPECT_EQ(got.size(), 3U);
}

TEST_F(StandardOutput, NobodyWhoReadsIsABrokenPipe) {
  standard_output output{*engine, writer.get()};
  reader->close();
  try {
    engine->run(write(output, "hello"));
    FAIL();
  } catch (const ahoy::error& thrown) {
    EXPECT_TRUE(is_closed_output(thrown)) << thrown.what();
  }
}

TEST_F(StandardOutput, AFullDiskIsSaid) {
  const ahoy::fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  standard_output output{*engine, full.get()};
  try {
    engine->run(write(output, "hello"));
    FAIL();
  } catch (const ahoy::error& thrown) {
    EXPECT_TRUE(is_output_error(thrown));
    EXPECT_FALSE(is_closed_output(thrown));
    EXPECT_STREQ(thrown.what(), "write to standard output: no space left on device");
  }
}

task<> write_after_failure(standard_output& to, bool& failed) {
  try {
    co_await to.write("x");
  } catch (const ahoy::error&) {
    failed = true;
  }
}

TEST_F(StandardOutput, AFailureDoesNotLeaveOthersWaiting) {
  standard_output output{*engine, writer.get()};
  reader->close();
  bool one = false;
  bool two = false;
  engine->run(
      ahoy::when_all(ahoy::tasks(write_after_failure(output, one), write_after_failure(output, two))));
  EXPECT_TRUE(one && two);
}

}  // namespace
