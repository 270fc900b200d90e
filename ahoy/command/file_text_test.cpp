#include <ahoy/command/file_text.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/socket/fd.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

namespace {

/// A pipe, as /dev/fd has it.
class pipe_of_words {
 public:
  pipe_of_words() {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    from_ = ahoy::fd{ends[0]};
    to_ = ahoy::fd{ends[1]};
  }
  [[nodiscard]] std::string name() const { return fmt::format("/dev/fd/{}", from_.get()); }
  void write(const std::string& text) const {
    EXPECT_EQ(::write(to_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void end() { to_ = ahoy::fd{}; }

 private:
  ahoy::fd from_, to_;
};

std::error_code why_not(const std::string& name, std::size_t most) {
  try {
    static_cast<void>(ahoy::file_text(name, most));
  } catch (const ahoy::error& why) {
    return why.code();
  }
  return {};
}

TEST(file_text, is_that_of_a_pipe_too_however_late_it_comes) {
  pipe_of_words words;
  std::thread writer{[&words] {
    for (const char* each : {"one ", "two"}) words.write(each);
    words.end();
  }};
  EXPECT_EQ(ahoy::file_text(words.name(), 7), "one two");
  writer.join();
}

TEST(file_text, is_bounded_and_waits_for_no_writer_for_ever) {
  pipe_of_words words;
  words.write("12345678");
  EXPECT_EQ(why_not(words.name(), 7), ahoy::system_code(EFBIG));
  EXPECT_EQ(why_not(words.name(), 7), ahoy::system_code(ETIMEDOUT)) << "its writer is silent";
  EXPECT_EQ(why_not("/nowhere/at/all", 7), ahoy::system_code(ENOENT));
}

}  // namespace
