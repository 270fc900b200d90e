#include <ahoy/address/international_name.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <clocale>
#include <string>

namespace {

TEST(InternationalName, AsciiStays) {
  for (const char* name : {"localhost", "Example.ORG.", "my_host", "xn--bcher-kva.example", ""})
    EXPECT_EQ(ahoy::ascii_name(name), name);
}

TEST(InternationalName, InEveryLocale) {
  struct row {
    const char *name, *ascii;
  };
  constexpr std::array rows{
      row{"bücher.example", "xn--bcher-kva.example"},
      row{"BÜCHER.example", "xn--bcher-kva.example"},
      row{"bu\xcc\x88"
          "cher.example",
          "xn--bcher-kva.example"},                    // u and a combining diaeresis
      row{"straße.example", "xn--strae-oqa.example"},  // non-transitional
      row{"例え.テスト", "xn--r8jz45g.xn--zckzah"},
      row{"例え。テスト", "xn--r8jz45g.xn--zckzah"},  // with the ideographic full stop
  };
  const std::string former = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"C", "C.UTF-8"}) {
    ASSERT_NE(std::setlocale(LC_ALL, locale), nullptr);
    for (const auto& [name, ascii] : rows) EXPECT_EQ(ahoy::ascii_name(name), ascii) << locale;
  }
  std::setlocale(LC_ALL, former.c_str());
}

TEST(InternationalName, RefusesWhatNoNameMayHold) {
  for (const char* name : {"\xff", "☃\xcc",
                           "a\xe2\x80\xae"
                           "b"}) {
    try {
      ADD_FAILURE() << ahoy::ascii_name(name);
    } catch (const ahoy::error& caught) {
      EXPECT_EQ(caught.code(), ahoy::errc::malformed) << caught.what();
      EXPECT_NE(caught.hint(), "");
    }
  }
}

}  // namespace
