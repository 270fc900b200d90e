#include <ahoy/command/network_files.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

using ahoy::empty_list;

class network_files : public testing::Test {
 protected:
  network_files()
      : name_{std::filesystem::temp_directory_path() / ("ahoy-networks-" + std::to_string(::getpid()))} {}
  ~network_files() override { std::filesystem::remove(name_); }

  std::vector<std::string> read(const std::string& text, empty_list none = empty_list::is_fine) {
    std::ofstream{name_, std::ios::binary} << text;
    std::vector<std::string> found;
    for (const ahoy::network& each : ahoy::networks_in_file(name_, none)) found.push_back(each.to_string());
    return found;
  }
  std::string refusal_of(const std::string& text, empty_list none = empty_list::is_fine) {
    try {
      static_cast<void>(read(text, none));
    } catch (const ahoy::error& why) {
      return why.what();
    }
    return "it was taken";
  }
  std::string name_;
};

using words = std::vector<std::string>;

TEST_F(network_files, has_one_a_line) {
  EXPECT_EQ(read("10.0.0.0/8\n2001:db8::/32\n192.0.2.1\n"),
            (words{"10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32"}));
  EXPECT_EQ(read("10.0.0.0/8"), (words{"10.0.0.0/8"}));
  EXPECT_EQ(read(" \t10.0.0.0/8 \r\n\r\n\n"), (words{"10.0.0.0/8"}));
}

TEST_F(network_files, knows_comments) {
  EXPECT_EQ(read("# all\n10.0.0.0/8# ours\n#192.0.2.1\n"), (words{"10.0.0.0/8"}));
  EXPECT_EQ(read("# none\n"), words{});
}

TEST_F(network_files, names_the_line_that_is_none) {
  EXPECT_EQ(refusal_of("10.0.0.0/8\n\nlocalhost\n"), "read line 3 of " + name_ + " \"localhost\": malformed");
  EXPECT_EQ(refusal_of("10.0.0.0/33\n"), "read line 1 of " + name_ + " \"10.0.0.0/33\": out of range");
  EXPECT_EQ(refusal_of("10.0.0.0/8 192.0.2.1\n"),
            "read line 1 of " + name_ + " \"10.0.0.0/8 192.0.2.1\": malformed");
  EXPECT_EQ(refusal_of(std::string{"10.0.0.0/8\0\n", 12}),
            "read line 1 of " + name_ + " \"10.0.0.0/8\\x00\": malformed");
}

TEST_F(network_files, of_allow_has_at_least_one) {
  EXPECT_EQ(refusal_of("# none\n", empty_list::is_refused), "read --allow \"" + name_ + "\": malformed");
  for (const empty_list each : {empty_list::is_refused, empty_list::is_fine})
    EXPECT_EQ(refusal_of("", each), "read networks in \"" + name_ + "\": malformed");
}

TEST_F(network_files, is_no_larger_than_a_mebibyte) {
  std::string text(1024UL * 1024, '\n');
  EXPECT_EQ(read(text), words{});
  EXPECT_NE(refusal_of(text + "\n"), "it was taken");
  EXPECT_THROW(static_cast<void>(ahoy::networks_in_file("/dev/zero", empty_list::is_fine)), ahoy::error);
}

TEST_F(network_files, has_to_be_there) {
  EXPECT_THROW(static_cast<void>(ahoy::networks_in_file(name_, empty_list::is_fine)), ahoy::error);
}

}  // namespace
