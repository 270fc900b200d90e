#include <ahoy/command/standard_input.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

using ahoy::standard_input;
using ahoy::task;

struct pipe_ends {
  pipe_ends() {
    int made[2];
    EXPECT_EQ(::pipe2(made, O_CLOEXEC), 0);
    reader = ahoy::fd{made[0]};
    writer = ahoy::fd{made[1]};
  }
  void write(std::string_view text) const {
    EXPECT_EQ(::write(writer.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  ahoy::fd reader, writer;
};

task<> read_all(standard_input& from, std::string& into) {
  for (;;) {
    const ahoy::bytes got = co_await from.read();
    if (got.empty()) break;
    into += got.text();
  }
}

struct StandardInput : testing::Test {
  std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
  pipe_ends pipe;
  std::string got;
};

TEST_F(StandardInput, APipeIsReadToItsEnd) {
  standard_input input{*engine, pipe.reader.get()};
  pipe.write(std::string("one\0two", 7));
  pipe.writer.reset();
  engine->run(read_all(input, got));
  EXPECT_EQ(got, std::string("one\0two", 7));
  EXPECT_TRUE(input.at_end());
  EXPECT_EQ(input.left(), std::nullopt);
}

TEST_F(StandardInput, ItIsNotMadeNonBlocking) {
  standard_input input{*engine, pipe.reader.get()};
  pipe.writer.reset();
  engine->run(read_all(input, got));
  EXPECT_EQ(::fcntl(pipe.reader.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(StandardInput, AFileKnowsWhatIsLeft) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file{std::tmpfile(), std::fclose};
  const std::string much(200'000, 'x');
  ASSERT_EQ(::write(fileno(file.get()), much.data(), much.size()), 200'000);
  ASSERT_EQ(::lseek(fileno(file.get()), 50'000, SEEK_SET), 50'000);
  standard_input input{*engine, fileno(file.get())};
  EXPECT_EQ(input.left(), 150'000U);
  engine->run(read_all(input, got));
  EXPECT_EQ(got.size(), 150'000U);
}

TEST_F(StandardInput, DevNullIsAtItsEnd) {
  const ahoy::fd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  standard_input input{*engine, null.get()};
  engine->run(read_all(input, got));
  EXPECT_EQ(got, "");
  EXPECT_TRUE(input.at_end());
}

task<> finish_later(ahoy::engine& by, standard_input& input) {
  co_await by.sleep(std::chrono::milliseconds{1});
  input.finish();
}

TEST_F(StandardInput, FinishEndsAReadThatWaits) {
  standard_input input{*engine, pipe.reader.get()};
  engine->run(ahoy::when_all(ahoy::tasks(read_all(input, got), finish_later(*engine, input))));
  EXPECT_EQ(got, "");
  EXPECT_FALSE(input.at_end());
}

TEST_F(StandardInput, FinishLeavesWhatIsAtHand) {
  standard_input input{*engine, pipe.reader.get()};
  pipe.write("at hand");
  input.finish();
  engine->run(read_all(input, got));
  EXPECT_EQ(got, "at hand");
  EXPECT_FALSE(input.at_end());
}

task<> expect_canceled(standard_input& from) {
  bool canceled = false;
  try {
    co_await from.read();
  } catch (const std::system_error& thrown) {
    canceled = thrown.code() == std::errc::operation_canceled;
  }
  EXPECT_TRUE(canceled);
}

task<> stop_while_reading(ahoy::engine& by, standard_input& input) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  children.start(expect_canceled(input));
  co_await by.sleep(std::chrono::milliseconds{1});
  children.stop();
  co_await children.join();
}

TEST_F(StandardInput, AStopIsNoEnd) {
  standard_input input{*engine, pipe.reader.get()};
  engine->run(stop_while_reading(*engine, input));
}

TEST_F(StandardInput, WhatCannotBeReadIsSaid) {
  const ahoy::fd folder{::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  standard_input input{*engine, folder.get()};
  try {
    engine->run(read_all(input, got));
    FAIL();
  } catch (const ahoy::error& thrown) {
    EXPECT_TRUE(is_input_error(thrown)) << thrown.what();
    EXPECT_STREQ(thrown.what(), "read from standard input: is a directory");
  }
  EXPECT_THROW((standard_input{*engine, -1}), ahoy::error);
}

task<> read_lines(ahoy::input_messages& from, std::vector<std::string>& into) {
  for (;;) {
    const std::optional<ahoy::message> line = co_await from.next();
    if (!line) break;
    into.push_back(line->text);
  }
}

TEST_F(StandardInput, LinesOnTop) {
  standard_input input{*engine, pipe.reader.get()};
  ahoy::input_messages lines{input, ahoy::framing::line, 100};
  pipe.write("one\r\n\nthree");
  pipe.writer.reset();
  std::vector<std::string> seen;
  engine->run(read_lines(lines, seen));
  EXPECT_EQ(seen, (std::vector<std::string>{"one", "", "three"}));
}

TEST_F(StandardInput, AnEndlessLineIsALimitAndNotMemory) {
  const ahoy::fd zeros{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
  standard_input input{*engine, zeros.get()};
  ahoy::input_messages lines{input, ahoy::framing::line, 1'000'000};
  std::vector<std::string> seen;
  EXPECT_THROW(engine->run(read_lines(lines, seen)), ahoy::error);
}

}  // namespace
