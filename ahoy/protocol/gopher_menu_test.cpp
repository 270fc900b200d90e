#include <ahoy/address/percent.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/gopher_menu.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::gopher_item;

std::vector<gopher_item> menu(std::string_view text, std::size_t piece) {
  ahoy::gopher_menu_reader reader;
  std::vector<gopher_item> items;
  for (std::size_t at = 0; at < text.size(); at += piece)
    for (auto& each : reader.take(text.substr(at, piece))) items.push_back(each);
  if (auto last = reader.finish()) items.push_back(*last);
  return items;
}

TEST(gopher, reads_a_menu_however_it_is_cut) {
  const std::string text =
      "iWelcome\tfake\t(NULL)\t0\r\n"
      "0About\t/about.txt\tlocalhost\t7070\r\n"
      "1More\t/more\texample.org\t70\n"
      "\r\n"
      "7\r\n"
      ".\r\n"
      "0after\tx\ty\t1\r\n";
  for (std::size_t piece = 1; piece < text.size(); piece += 7) {
    const auto items = menu(text, piece);
    ASSERT_EQ(items.size(), 4U) << piece;
    EXPECT_EQ(items[1], (gopher_item{'0', "About", "/about.txt", "localhost", 7070}));
    EXPECT_EQ(items[2].url(), "gopher://example.org/1/more");
    EXPECT_EQ(items[3].kind(), "search");
    EXPECT_EQ(items[0].url(), "");
  }
}

TEST(gopher, a_last_line_needs_no_end) { EXPECT_EQ(menu("0a\tb\tc\t70", 3).size(), 1U); }

TEST(gopher, a_line_without_end_is_no_menu) {
  ahoy::gopher_menu_reader reader;
  EXPECT_THROW(
      {
        for (int times = 0; times < 100; ++times) static_cast<void>(reader.take(std::string(1024, 'x')));
      },
      ahoy::error);
}

TEST(gopher, says_where_an_item_is) {
  EXPECT_EQ((gopher_item{'0', "", "/a b\t?", "::1", 7070}.url()), "gopher://[::1]:7070/0/a%20b%09%3F");
  EXPECT_EQ((gopher_item{'h', "", "URL:http://x/", "h", 70}.url()), "http://x/");
  EXPECT_EQ((gopher_item{'8', "", "guest", "h", 23}.url()), "telnet://h/");
  EXPECT_EQ((gopher_item{'?', "", "", "h", 70}.kind()), "item");
}

TEST(gopher, what_begins_without_a_tab_is_no_menu) {
  const std::string refusal = "Error: File or directory not found!\r\n";
  for (std::size_t piece = 1; piece <= refusal.size(); ++piece)
    EXPECT_THROW(static_cast<void>(menu(refusal, piece)), ahoy::error);
  EXPECT_THROW(static_cast<void>(menu("\r\nno end", 3)), ahoy::error);
  EXPECT_EQ(menu("\r\n0a\tb\tc\t70\r\nno tab\r\n", 4).size(), 2U);
  EXPECT_EQ(menu(".\r\nno menu", 4).size(), 0U);
  EXPECT_EQ(menu("\r\n", 4).size(), 0U);
}

TEST(gopher, a_server_with_tls_has_a_scheme_of_its_own) {
  const gopher_item item{'0', "", "/a", "h", 7070};
  EXPECT_EQ(item.url(ahoy::scheme::gophers), "gophers://h:7070/0/a");
  EXPECT_EQ((gopher_item{'8', "", "", "h", 23}.url(ahoy::scheme::gophers)), "telnet://h/");
}

TEST(gopher, what_no_url_can_say_has_none) {
  for (const char* host : {"a/b", "a@b", "h:25", "\x1b[2J", "a b", "?", "#"})
    EXPECT_EQ((gopher_item{'0', "", "x", host, 70}.url()), "") << host;
  for (const char type : {'?', '#', '%', ' ', '\x1b', '\xff'})
    EXPECT_EQ((gopher_item{type, "", "x", "h", 70}.url()), "") << type;
}

TEST(gopher, reads_a_path) {
  EXPECT_EQ(ahoy::read_gopher_path("").type, '1');
  EXPECT_EQ(ahoy::read_gopher_path("/0/a%20b").selector, "/a b");
  EXPECT_THROW(static_cast<void>(ahoy::read_gopher_path("/0/a%0d%0ab")), ahoy::error);
  EXPECT_THROW(static_cast<void>(ahoy::read_gopher_path("/0/a%0")), ahoy::error);
  EXPECT_THROW(static_cast<void>(ahoy::read_gopher_path("/a.txt")), ahoy::error);
  EXPECT_EQ(ahoy::read_gopher_path("/Z/a").type, 'Z');
}

TEST(percent, gives_back_what_was_put_in) {
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(ahoy::percent_decoded(ahoy::percent_encoded(all, "/")), all);
  EXPECT_THROW(static_cast<void>(ahoy::percent_decoded("%00")), ahoy::error);
  EXPECT_THROW(static_cast<void>(ahoy::percent_decoded("a%g1")), ahoy::error);
}

TEST(gopher_refusal, is_an_error_alone) {
  using ahoy::gopher_refusal;
  EXPECT_EQ(gopher_refusal("3no such\t\terror.host\t1\r\n.\r\n"), "no such");
  EXPECT_EQ(gopher_refusal("3no such\t\terror.host\t1"), "no such");
  for (const std::string text :
       {"", "3", "3no such\r\n", "1a\t\th\t1\r\n", "3a\t\th\t1\r\n0b\t\th\t1\r\n", "3 apples\na\tb\tc\td"})
    EXPECT_EQ(gopher_refusal(text), std::nullopt) << text;
}

}  // namespace
