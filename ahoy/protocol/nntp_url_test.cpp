#include <ahoy/error/error.hpp>
#include <ahoy/protocol/nntp_url.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::nntp_url;
using ahoy::parse_newsgroups;
using ahoy::parse_nntp_url;
using kind = nntp_url::kind;

struct sample {
  const char* path;
  kind what;
  const char* name;
  const char* article;
};

TEST(nntp_url, names_groups_and_articles) {
  constexpr sample samples[]{
      {"", kind::groups, "", ""},
      {"/", kind::groups, "", ""},
      {"/comp.*", kind::groups, "comp.*", ""},
      {"/comp.*,!comp.lang.*", kind::groups, "comp.*,!comp.lang.*", ""},
      {"/comp.?", kind::groups, "comp.?", ""},
      {"/comp.[ab]", kind::groups, "comp.[ab]", ""},
      {"/comp.lang.c++", kind::group, "comp.lang.c++", ""},
      {"/comp.lang.c%2B%2b/", kind::group, "comp.lang.c++", ""},
      {"/gr%C3%BCn", kind::group, "grün", ""},
      {"/misc.test/3000234", kind::numbered, "misc.test", "3000234"},
      {"/<45223423@example.com>", kind::article, "", "<45223423@example.com>"},
      {"/%3C45223423%40example.com%3E", kind::article, "", "<45223423@example.com>"},
      {"/45223423@example.com", kind::article, "", "<45223423@example.com>"},
      {"/%3Ca/b%25%23?@c%3E", kind::article, "", "<a/b%#?@c>"},
  };
  for (const sample& each : samples) {
    const nntp_url read = parse_nntp_url(each.path);
    EXPECT_EQ(read.what, each.what) << each.path;
    EXPECT_EQ(read.name, each.name) << each.path;
    EXPECT_EQ(read.article, each.article) << each.path;
  }
}

std::error_code cause_of(const std::string& path, bool posts = false) {
  try {
    posts ? void(parse_newsgroups(path)) : void(parse_nntp_url(path));
  } catch (const ahoy::error& why) {
    return why.code();
  }
  return {};
}

TEST(nntp_url, makes_no_command_of_a_name) {
  for (const char* each : {"/a%0d%0aQUIT",
                           "/a%0A",
                           "/a%20b",
                           "/a%09b",
                           "/a%7f",
                           "/a%00b",
                           "/a%",
                           "/a%4",
                           "/a%fg",
                           "/%ff",
                           "/a/b",
                           "/a/1/2",
                           "/a/-1",
                           "/a/1%0d%0aQUIT",
                           "/a/99999999999999999999",
                           "/*/1",
                           "//1",
                           "/<a@b",
                           "/<>",
                           "/@>",
                           "/<ab>",
                           "/<a@b>c",
                           "/<a b@c>",
                           "/<a%0d%0a@b>",
                           "/<<a@b>>",
                           "/<\xc3\xa4@b>"})
    EXPECT_EQ(cause_of(each), ahoy::errc::malformed) << each;
  EXPECT_EQ(cause_of("/" + std::string(450, 'a')), std::error_code{});
  EXPECT_EQ(cause_of("/" + std::string(451, 'a')), ahoy::errc::malformed);
  EXPECT_EQ(cause_of("/" + std::string(246, 'a') + "@b"), std::error_code{});
  EXPECT_EQ(cause_of("/" + std::string(247, 'a') + "@b"), ahoy::errc::malformed);
}

TEST(nntp_url, names_where_an_article_goes) {
  EXPECT_EQ(parse_newsgroups("/"), "");
  EXPECT_EQ(parse_newsgroups("/misc.test"), "misc.test");
  EXPECT_EQ(parse_newsgroups("/misc.test,alt.test"), "misc.test,alt.test");
  EXPECT_EQ(parse_newsgroups("/misc.test%2Calt.test"), "misc.test,alt.test");
  for (const char* each :
       {"/a,", "/,a", "/a,,b", "/a.*", "/a?", "/!a", "/a/1", "/<a@b>", "/a%0d%0aX: y", "/a%20b"})
    EXPECT_EQ(cause_of(each, true), ahoy::errc::malformed) << each;
}

}  // namespace
