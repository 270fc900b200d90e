#include <ahoy/error/error.hpp>
#include <ahoy/protocol/mime.hpp>

#include <gtest/gtest.h>

namespace {

ahoy::mail_heading heading() {
  ahoy::mail_heading made;
  made.from = {"Älice", "alice@example.org"};
  made.to = {{"", "bob@example.org"}};
  made.subject = "hi";
  made.unique = "0123abc";
  return made;
}

std::string quoted(std::string_view text, std::size_t piece) {
  ahoy::quoted_printable_lines encoder;
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += piece) encoder.add(text.substr(at, piece), lines);
  encoder.finish(lines);
  return lines;
}

TEST(mime, a_short_text_goes_as_it_is) {
  ahoy::mail_composer one{heading(), false, true};
  std::string all = one.begin();
  all += one.add_text("hello\nthere");
  all += one.finish();
  EXPECT_EQ(all,
            "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"
            "From: =?UTF-8?B?w4RsaWNl?= <alice@example.org>\r\n"
            "To: bob@example.org\r\n"
            "Subject: hi\r\n"
            "Message-ID: <0123abc@example.org>\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=us-ascii\r\n"
            "Content-Transfer-Encoding: 7bit\r\n\r\n"
            "hello\r\nthere\r\n");
}

TEST(mime, attachments_have_parts_of_their_own) {
  ahoy::mail_composer one{heading(), true, true};
  std::string all = one.begin();
  all += one.begin_attachment("a.pdf");
  all += one.add_bytes("ab");
  all += one.add_bytes("c");
  all += one.begin_attachment("Gr\xc3\xbc\xc3\x9f\" e");
  all += one.finish();
  EXPECT_NE(all.find("boundary=\"=_0123abc\"\r\n\r\n--=_0123abc\r\nContent-Type: text/plain"), all.npos);
  EXPECT_NE(
      all.find("\r\n\r\n--=_0123abc\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
               "Content-Disposition: attachment;\r\n filename=\"a.pdf\"\r\n\r\nYWJj\r\n--=_0123abc\r\n"),
      all.npos);
  EXPECT_NE(all.find(";\r\n filename*0*=UTF-8''Gr%C3%BC%C3%9F%22%20e\r\n\r\n--=_0123abc--\r\n"), all.npos);
}

TEST(mime, a_text_before_an_attachment_ends_as_it_ended) {
  for (const bool is_plain : {true, false}) {
    for (const std::string text : {"", "a", "a\r\n"}) {
      ahoy::mail_composer one{heading(), true, is_plain};
      static_cast<void>(one.begin());
      std::string part = one.add_text(text);
      part += one.begin_attachment("x");
      EXPECT_EQ(part.substr(0, part.find("Content")), text + "\r\n--=_0123abc\r\n");
    }
  }
}

TEST(mime, a_long_name_is_cut_into_lines) {
  ahoy::mail_composer one{heading(), true, true};
  static_cast<void>(one.begin());
  const std::string part = one.begin_attachment(std::string(255, '\xe9'));
  EXPECT_NE(part.find("filename*11*="), part.npos);
  EXPECT_NE(part.find("ISO-8859-1''%E9"), part.npos);
  for (std::size_t at = 0; at < part.size(); at = part.find('\n', at) + 1)
    EXPECT_LT(part.find('\r', at) - at, 79U);
}

TEST(mime, nothing_breaks_out_of_a_header) {
  auto hostile = heading();
  hostile.subject = "a\r\nBcc: eve@example.org";
  EXPECT_THROW((ahoy::mail_composer{hostile, false, true}), ahoy::error);
  hostile = heading();
  hostile.others = {{"X-A", "b\nc"}};
  EXPECT_THROW((ahoy::mail_composer{hostile, false, true}), ahoy::error);
  ahoy::mail_composer one{heading(), true, true};
  EXPECT_THROW(static_cast<void>(one.begin_attachment("a\r\nX: y")), ahoy::error);
}

TEST(mime, what_is_given_takes_the_place_of_what_is_made) {
  auto given = heading();
  given.others = {{"date", "today"}, {"Bcc", "eve@example.org"}, {"X-A", "é"}};
  const std::string all = ahoy::mail_composer{given, false, true}.begin();
  EXPECT_EQ(all.find("Date: "), all.npos);
  EXPECT_NE(all.find("date: today\r\nX-A: =?UTF-8?B?w6k=?=\r\n"), all.npos);
  EXPECT_EQ(all.find("Bcc"), all.npos);
}

TEST(mime, a_text_may_be_of_another_type) {
  auto given = heading();
  given.others = {{"content-type", "text/html"}, {"Mime-Version", "1.0 (by hand)"}};
  const std::string all = ahoy::mail_composer{given, false, true}.begin();
  EXPECT_TRUE(all.ends_with(
      "content-type: text/html\r\nMime-Version: 1.0 (by hand)\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"));
  EXPECT_EQ(all.find("Content-Type"), all.npos);
  EXPECT_EQ(all.find("MIME-Version"), all.npos);
}

TEST(mime, what_parts_are_made_of_is_not_given) {
  for (const char* name : {"Content-Type", "content-language", "MIME-Version"}) {
    auto given = heading();
    given.others = {{name, "x"}};
    EXPECT_THROW((ahoy::mail_composer{given, true, true}), ahoy::error) << name;
  }
  auto given = heading();
  given.others = {{"content-transfer-encoding", "base64"}};
  EXPECT_THROW((ahoy::mail_composer{given, false, true}), ahoy::error);
}

TEST(mime, quoted_printable_is_the_same_however_it_is_cut) {
  const std::string text = "a=b \nc\t\r\n\xc3\xa9\r.x\n" + std::string(200, 'y') + " ";
  const std::string expected = "a=3Db=20\r\nc=09\r\n=C3=A9=0D.x\r\n" + std::string(75, 'y') + "=\r\n" +
                               std::string(75, 'y') + "=\r\n" + std::string(50, 'y') + "=20\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece)
    EXPECT_EQ(quoted(text, piece), expected) << piece;
  EXPECT_EQ(quoted("", 1), "");
}

TEST(mime, tells_what_may_go_as_it_is) {
  EXPECT_TRUE(ahoy::is_plain_text("a\nb\n"));
  EXPECT_TRUE(ahoy::is_plain_text(std::string(998, 'x') + "\n" + std::string(998, 'x')));
  for (const std::string& text :
       {std::string(999, 'x'), std::string("\xc3\xa9"), std::string("a\rb"), std::string("a\0b", 3)})
    EXPECT_FALSE(ahoy::is_plain_text(text));
}

}  // namespace
