#include <ahoy/command/event_log.hpp>
#include <ahoy/command/log_file.hpp>
#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using ahoy::event_log;
using ahoy::log_format;

const ahoy::address somebody = ahoy::address::inet(0x7f000001, 40112);

/// Lines without their time.
class logged {
 public:
  explicit logged(log_format how)
      : log{*by_, how, [this](std::string_view line) { lines.emplace_back(line); }} {}

  std::vector<std::string> lines;

 private:
  std::unique_ptr<ahoy::engine> by_ = ahoy::make_engine(ahoy::engine_choice::epoll);

 public:
  event_log log;
};

std::string without_time(const std::string& line) { return line.substr(line.find(' ') + 1); }

TEST(event_log, text) {
  logged all{log_format::text};
  all.log.listening(ahoy::scheme::tcp, somebody);
  all.log.denied(somebody);
  all.log.too_many(somebody, 3);
  all.log.untold(ahoy::turned_away::too_often, 7);
  ASSERT_EQ(all.lines.size(), 4U);
  EXPECT_EQ(without_time(all.lines[0]), "listening transport=tcp address=127.0.0.1:40112\n");
  EXPECT_EQ(without_time(all.lines[1]), "refused peer=127.0.0.1:40112 reason=denied\n");
  EXPECT_EQ(without_time(all.lines[2]),
            "refused peer=127.0.0.1:40112 reason=\"per address: 3 from there are here\"\n");
  EXPECT_EQ(without_time(all.lines[3]), "more callers=7 reason=\"address rate\"\n");
  EXPECT_EQ(all.lines[0].substr(4, 1) + all.lines[0].substr(23, 2), "-Z ");
}

TEST(event_log, what_comes_from_outside_cannot_forge_a_line_or_a_member) {
  logged all{log_format::text};
  all.log.exhausted("a\nb\" reason=done \\ \x1b[2J\xe2\x80\xae");
  EXPECT_EQ(without_time(all.lines[0]),
            "exhausted reason=\"a\\x0ab\\\" reason=done \\\\ \\x1b[2J\\u{202e}\"\n");
}

TEST(event_log, json) {
  logged all{log_format::json};
  all.log.exhausted("a\nb\" \x1b");
  all.log.untold(ahoy::turned_away::busy, 7);
  const std::string& line = all.lines[0];
  EXPECT_TRUE(line.starts_with("{\"time\":\"")) << line;
  EXPECT_TRUE(line.ends_with("Z\",\"event\":\"exhausted\",\"reason\":\"a\\nb\\\" \\u001b\"}\n")) << line;
  EXPECT_TRUE(all.lines[1].ends_with(",\"event\":\"more\",\"callers\":7,\"reason\":\"busy\"}\n"));
}

TEST(event_log, an_end_with_all_that_is_known) {
  logged all{log_format::text};
  const auto by = ahoy::make_engine(ahoy::engine_choice::epoll);
  auto [here, there] = ahoy::make_pipe(*by);
  here->set_label("unix:1");
  ahoy::context top;
  ahoy::callers callers;
  const auto who = callers.add(std::move(here), top, false);
  all.log.departed(*who, "done");
  const std::string line = without_time(all.lines[0]);
  EXPECT_TRUE(line.starts_with("left peer=unix:1 transport=")) << line;
  EXPECT_TRUE(line.ends_with(" received=0 sent=0 reason=done\n")) << line;
  who->is_at_worker = true;
  all.log.departed(*who, "done");
  EXPECT_EQ(all.lines[1].find("received"), std::string::npos) << "nobody knows";
  callers.remove(who);
}

class log_file_in_folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ahoy-log-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] static std::string content(const fs::path& of) {
    std::ostringstream all;
    all << std::ifstream{of}.rdbuf();
    return all.str();
  }
  std::function<void(std::string_view)> complain() {
    return [this](std::string_view line) { complaints_.emplace_back(line); };
  }
  fs::path folder_;
  std::vector<std::string> complaints_;
};

TEST_F(log_file_in_folder, lines_are_appended) {
  const fs::path name = folder_ / "log";
  std::ofstream{name} << "before\n";
  ahoy::log_file log{name, complain()};
  log.write("one\n");
  log.write("two\n");
  EXPECT_EQ(content(name), "before\none\ntwo\n");
  EXPECT_TRUE(complaints_.empty());
}

TEST_F(log_file_in_folder, a_new_one_is_not_for_everybody) {
  const ::mode_t before = ::umask(022);
  ahoy::log_file log{folder_ / "log", complain()};
  log.write("one\n");
  ::umask(before);
  EXPECT_EQ(fs::status(folder_ / "log").permissions(), static_cast<fs::perms>(0640));
}

TEST_F(log_file_in_folder, after_reopen_lines_go_to_the_file_that_has_the_name) {
  ahoy::log_file log{folder_ / "log", complain()};
  log.reopen();  // nothing is open yet
  EXPECT_FALSE(fs::exists(folder_ / "log"));
  log.write("one\n");
  fs::rename(folder_ / "log", folder_ / "log.1");
  log.write("two\n");
  log.reopen();
  log.write("three\n");
  EXPECT_EQ(content(folder_ / "log.1"), "one\ntwo\n");
  EXPECT_EQ(content(folder_ / "log"), "three\n");
}

TEST_F(log_file_in_folder, where_that_fails_it_goes_on_in_the_one_it_has) {
  fs::create_directory(folder_ / "in");
  ahoy::log_file log{folder_ / "in" / "log", complain()};
  log.write("one\n");
  fs::rename(folder_ / "in", folder_ / "out");
  log.reopen();
  log.write("two\n");
  EXPECT_EQ(content(folder_ / "out" / "log"), "one\ntwo\n");
  ASSERT_EQ(complaints_.size(), 1U);
  EXPECT_NE(complaints_[0].find("the log goes on in the file that was open"), std::string::npos);
}

TEST_F(log_file_in_folder, one_that_cannot_be_opened_is_an_error) {
  ahoy::log_file log{folder_ / "no" / "log", complain()};
  EXPECT_THROW(log.write("one\n"), ahoy::error);
}

TEST_F(log_file_in_folder, a_full_disk_is_told_once_and_so_is_that_it_is_over) {
  const fs::path name = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
  const ahoy::fd reader{::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  ahoy::log_file log{name, complain()};
  const std::string line = std::string(4095, 'x') + "\n";
  for (int i = 0; i < 100; ++i) log.write(line);  // a pipe holds 64 KiB
  EXPECT_EQ(complaints_.size(), 1U);
  const auto lost = log.lost();
  EXPECT_GT(lost, 0U);
  std::string some(1 << 20, 0);
  while (::read(reader.get(), some.data(), some.size()) > 0) continue;
  log.write(line);
  log.write(line);
  EXPECT_EQ(log.lost(), lost);
  ASSERT_EQ(complaints_.size(), 2U);
  EXPECT_NE(complaints_[1].find("is written again; " + std::to_string(lost) + " lines"), std::string::npos)
      << complaints_[1];
}

}  // namespace
