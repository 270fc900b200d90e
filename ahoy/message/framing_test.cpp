#include <ahoy/message/framing.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace {

using ahoy::decoder;
using ahoy::errc;
using ahoy::framing;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t ample = 1 << 20;
constexpr framing every_framing[] = {framing::line, framing::raw, framing::length, framing::nul,
                                     framing::datagram};

void drain(decoder& from, std::vector<std::string>& into) {
  while (auto one = from.next()) into.push_back(std::move(one->text));
}

std::vector<std::string> to_the_end(decoder& from) {
  std::vector<std::string> all;
  while (auto one = from.finish()) all.push_back(std::move(one->text));
  return all;
}

std::vector<std::string> messages_of(framing kind, const std::vector<std::string>& chunks,
                                     std::size_t limit = ample) {
  decoder cutter(kind, limit);
  std::vector<std::string> all;
  for (const auto& chunk : chunks) {
    cutter.push(chunk);
    drain(cutter, all);
  }
  while (auto one = cutter.finish()) all.push_back(std::move(one->text));
  return all;
}

template <class Action>
std::error_code cause_of(Action action) {
  try {
    action();
  } catch (const ahoy::error& failure) {
    return failure.code();
  }
  return {};
}

std::vector<std::string> split(std::string_view bytes, std::uint32_t borders) {
  std::vector<std::string> chunks(1);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    chunks.back() += bytes[i];
    if (borders >> i & 1) chunks.emplace_back();
  }
  return chunks;
}

void every_split_agrees(framing kind, std::string_view bytes, const std::vector<std::string>& expected) {
  for (std::uint32_t borders = 0; borders < 1u << bytes.size(); ++borders)
    ASSERT_EQ(messages_of(kind, split(bytes, borders)), expected) << "split " << borders;
}

std::string operator""_bytes(const char* text, std::size_t size) { return {text, size}; }

// Names

TEST(framing, is_read_and_printed_by_name) {
  for (auto kind : {framing::line, framing::raw, framing::length, framing::nul})
    EXPECT_EQ(ahoy::parse_framing(to_string(kind)), kind);
  EXPECT_EQ(to_string(framing::datagram), "datagram");
}

TEST(framing, refuses_other_names) {
  for (auto text : {"", "lines", "LINE", "line ", " line", "datagram", "length32"})
    EXPECT_EQ(cause_of([&] { static_cast<void>(ahoy::parse_framing(text)); }), errc::malformed) << text;
}

// Cutting, under every way the bytes may arrive

TEST(framing_line, however_cut_gives_the_same_lines) {
  every_split_agrees(framing::line, "a\r\n\n\r\r\nb\rc\r\n", {"a", "", "\r", "b\rc"});
  every_split_agrees(framing::line, "a\nlast\r", {"a", "last\r"});
  every_split_agrees(framing::line, "\r", {"\r"});
  every_split_agrees(framing::line, "\0\n\0"_bytes, {"\0"_bytes, "\0"_bytes});
  every_split_agrees(framing::line, "", {});
}

TEST(framing_nul, however_cut_gives_the_same_messages) {
  every_split_agrees(framing::nul, "a\r\0\0b\nc\0last"_bytes, {"a\r", "", "b\nc", "last"});
}

TEST(framing_length, however_cut_gives_the_same_messages) {
  every_split_agrees(framing::length, "\0\0\0\2a\n\0\0\0\0\0\0\0\1\0"_bytes, {"a\n", "", "\0"_bytes});
}

TEST(framing_raw, gives_what_arrived) {
  EXPECT_THAT(messages_of(framing::raw, {"a\nb", "", "\0"_bytes}), ElementsAre("a\nb", "\0"_bytes));
}

TEST(framing_raw, loses_nothing_however_cut) {
  const auto bytes = "a\r\n\0b\xff"_bytes;
  for (std::uint32_t borders = 0; borders < 1u << bytes.size(); ++borders) {
    std::string joined;
    for (const auto& piece : messages_of(framing::raw, split(bytes, borders), 2)) joined += piece;
    ASSERT_EQ(joined, bytes);
  }
}

TEST(framing_raw, hands_out_more_than_the_limit_in_pieces) {
  EXPECT_THAT(messages_of(framing::raw, {"abcdefg"}, 3), ElementsAre("abc", "def", "g"));
}

TEST(framing_datagram, makes_each_push_one_message) {
  EXPECT_THAT(messages_of(framing::datagram, {"a\nb", "", "\0"_bytes, ""}),
              ElementsAre("a\nb", "", "\0"_bytes, ""));
}

TEST(framing_datagram, keeps_borders_when_many_wait) {
  decoder cutter(framing::datagram, ample);
  for (auto bytes : {"one", "", "three"}) cutter.push(bytes);
  EXPECT_THAT(to_the_end(cutter), ElementsAre("one", "", "three"));
}

// Round trips

std::string random_text(framing kind, std::mt19937& dice) {
  std::string text(dice() % 40, '\0');
  for (auto& byte : text) byte = "\0\1\r\nab\xff\xc3"[dice() % 8];
  if (kind == framing::line) std::erase(text, '\n');
  if (kind == framing::nul) std::erase(text, '\0');
  while (kind == framing::line && text.ends_with('\r')) text.pop_back();
  return text;
}

std::vector<std::string> random_chunks(std::string_view bytes, std::mt19937& dice) {
  std::vector<std::string> chunks;
  while (!bytes.empty()) {
    chunks.emplace_back(bytes.substr(0, 1 + dice() % 50));
    bytes.remove_prefix(chunks.back().size());
  }
  return chunks;
}

TEST(framing_encode, is_undone_by_the_decoder) {
  std::mt19937 dice(1);
  for (auto kind : {framing::line, framing::nul, framing::length}) {
    for (int round = 0; round < 500; ++round) {
      std::vector<std::string> texts(dice() % 20);
      std::string wire;
      for (auto& text : texts) wire += ahoy::encode(kind, text = random_text(kind, dice));
      ASSERT_EQ(messages_of(kind, random_chunks(wire, dice)), texts)
          << to_string(kind) << ", round " << round;
    }
  }
}

TEST(framing_encode, leaves_raw_and_datagrams_as_they_are) {
  for (auto kind : {framing::raw, framing::datagram})
    EXPECT_EQ(ahoy::encode(kind, "a\r\n\0"_bytes), "a\r\n\0"_bytes);
}

TEST(framing_encode, is_prefix_text_suffix) {
  for (auto kind : every_framing) {
    auto around = ahoy::frame_parts(kind, "text");
    EXPECT_EQ(ahoy::encode(kind, "text"), around.prefix + "text" + around.suffix);
  }
  EXPECT_EQ(ahoy::frame_parts(framing::line, ""), ahoy::frame("", "\n"));
  EXPECT_EQ(ahoy::frame_parts(framing::length, std::string(0x010203, 'x')),
            ahoy::frame("\0\1\2\3"_bytes, ""));
}

TEST(framing_encode, refuses_a_text_that_holds_its_delimiter) {
  EXPECT_EQ(cause_of([] { static_cast<void>(ahoy::encode(framing::line, "a\nb")); }), errc::malformed);
  EXPECT_EQ(cause_of([] { static_cast<void>(ahoy::encode(framing::nul, "a\0b"_bytes)); }), errc::malformed);
  EXPECT_EQ(ahoy::encode(framing::line, "a\0b"_bytes), "a\0b\n"_bytes);
  EXPECT_EQ(ahoy::encode(framing::nul, "a\nb"), "a\nb\0"_bytes);
}

TEST(framing_encode, says_what_to_do_about_a_delimiter) {
  try {
    static_cast<void>(ahoy::encode(framing::line, "a\nb"));
    FAIL() << "was not refused";
  } catch (const ahoy::error& failure) {
    EXPECT_EQ(failure.verb(), "send");
    EXPECT_THAT(failure.hint(), testing::HasSubstr("a line feed, which ends a message under line framing"));
  }
}

TEST(framing_encode, leaves_a_last_carriage_return_for_who_expects_cr_lf) {
  EXPECT_EQ(ahoy::encode(framing::line, "HELO x\r"), "HELO x\r\n");
  EXPECT_THAT(messages_of(framing::line, {"HELO x\r\n"}), ElementsAre("HELO x"));
}

// Limits

TEST(framing_limit, allows_exactly_itself) {
  EXPECT_THAT(messages_of(framing::line, {"abcd\nabcd\r\nabcd"}, 4), ElementsAre("abcd", "abcd", "abcd"));
  EXPECT_THAT(messages_of(framing::line, {"abcd\r", "\n"}, 4), ElementsAre("abcd"));
  EXPECT_THAT(messages_of(framing::line, {"abc\r"}, 4), ElementsAre("abc\r"));
  EXPECT_THAT(messages_of(framing::nul, {"abcd\0abcd"_bytes}, 4), ElementsAre("abcd", "abcd"));
  EXPECT_THAT(messages_of(framing::length, {"\0\0\0\4abcd"_bytes}, 4), ElementsAre("abcd"));
  EXPECT_THAT(messages_of(framing::datagram, {"abcd"}, 4), ElementsAre("abcd"));
}

TEST(framing_limit, refuses_one_more) {
  struct {
    framing kind;
    std::vector<std::string> chunks;
  } cases[] = {{framing::line, {"abcde\n"}},
               {framing::line, {"abcde"}},
               {framing::line, {"abcde\r\n"}},
               {framing::line, {"abcd", "e"}},
               {framing::line, {"abcd\r", "e"}},
               {framing::line, {"abcd\r"}},
               {framing::line, {"abcd\r\r\n"}},
               {framing::nul, {"abcde\0"_bytes}},
               {framing::nul, {"abcde"}},
               {framing::nul, {"abcd\r\0"_bytes}},
               {framing::length, {"\0\0\0\5"_bytes}},
               {framing::datagram, {"abcde"}}};
  for (const auto& [kind, chunks] : cases)
    EXPECT_EQ(cause_of([&, k = kind, &c = chunks] { messages_of(k, c, 4); }), errc::too_long)
        << to_string(kind) << " " << testing::PrintToString(chunks);
}

TEST(framing_limit, of_zero_allows_empty_messages_alone) {
  EXPECT_THAT(messages_of(framing::line, {"\n\r\n"}, 0), ElementsAre("", ""));
  EXPECT_THAT(messages_of(framing::datagram, {""}, 0), ElementsAre(""));
  for (auto kind : every_framing)
    EXPECT_EQ(cause_of([&] { messages_of(kind, {"abcde"}, 0); }), errc::too_long);
}

TEST(framing_limit, lets_earlier_messages_through_and_stays_refused) {
  decoder cutter(framing::line, 3);
  cutter.push("one\ntwo\nthree\nfour\n");
  EXPECT_EQ(cutter.next()->text, "one");
  EXPECT_EQ(cutter.next()->text, "two");
  EXPECT_EQ(cause_of([&] { static_cast<void>(cutter.next()); }), errc::too_long);
  cutter.push("x\n");
  EXPECT_EQ(cutter.buffered(), 0u);
  EXPECT_FALSE(cutter.has_partial());
  EXPECT_EQ(cause_of([&] { static_cast<void>(cutter.next()); }), errc::too_long);
  EXPECT_EQ(cause_of([&] { static_cast<void>(cutter.finish()); }), errc::too_long);
}

TEST(framing_limit, costs_only_the_datagram_that_is_over_it) {
  decoder cutter(framing::datagram, 3);
  cutter.push("one");
  cutter.push(std::string(60000, 'x'));
  EXPECT_LT(cutter.buffered(), 100u);
  cutter.push("two");
  EXPECT_EQ(cutter.next()->text, "one");
  EXPECT_EQ(cause_of([&] { static_cast<void>(cutter.next()); }), errc::too_long);
  EXPECT_EQ(cutter.next()->text, "two");
  EXPECT_EQ(cutter.next(), std::nullopt);
}

TEST(framing_limit, is_checked_on_the_header_alone) {
  EXPECT_EQ(cause_of([] { messages_of(framing::length, {"\xff\xff\xff\xff"}); }), errc::too_long);
}

TEST(framing_limit, bounds_what_an_endless_line_holds) {
  decoder cutter(framing::line, 1000);
  const std::string chunk(64, 'x');
  EXPECT_EQ(cause_of([&] {
              for (;;) {
                cutter.push(chunk);
                ASSERT_LE(cutter.buffered(), 1000 + chunk.size());
                ASSERT_EQ(cutter.next(), std::nullopt);
              }
            }),
            errc::too_long);
}

// The end of the stream

TEST(framing_finish, refuses_a_counted_message_cut_short) {
  for (auto wire : {"\0"_bytes, "\0\0\0\1"_bytes, "\0\0\0\5abcd"_bytes}) {
    decoder cutter(framing::length, ample);
    cutter.push(wire);
    EXPECT_EQ(cutter.next(), std::nullopt);
    EXPECT_EQ(cause_of([&] { static_cast<void>(cutter.finish()); }), errc::cut_short);
    EXPECT_EQ(cause_of([&] { static_cast<void>(cutter.finish()); }), errc::cut_short);
  }
}

TEST(framing_finish, gives_what_waits_first) {
  decoder cutter(framing::line, ample);
  cutter.push("a\nb");
  EXPECT_THAT(to_the_end(cutter), ElementsAre("a", "b"));
  EXPECT_EQ(cutter.finish(), std::nullopt);
}

TEST(framing_finish, finds_nothing_in_nothing) {
  for (auto kind : every_framing) EXPECT_THAT(messages_of(kind, {}), IsEmpty()) << to_string(kind);
}

// Unfinished lines

TEST(framing_partial, is_marked_and_ended_by_the_delimiter_that_follows) {
  for (auto ending : {"\n", "\r\n"}) {
    decoder cutter(framing::line, ample);
    cutter.push("hello");
    EXPECT_EQ(cutter.next(), std::nullopt);
    EXPECT_TRUE(cutter.has_partial());
    EXPECT_EQ(cutter.take_partial(), ahoy::message("hello", true));
    EXPECT_FALSE(cutter.has_partial());
    cutter.push(ending);
    EXPECT_EQ(cutter.next(), std::nullopt);
    cutter.push("\nx\n");
    EXPECT_EQ(cutter.next(), ahoy::message(""));
    EXPECT_EQ(cutter.next(), ahoy::message("x"));
  }
}

TEST(framing_partial, is_ended_by_a_delimiter_that_comes_in_two) {
  decoder cutter(framing::line, ample);
  cutter.push("hello");
  EXPECT_EQ(cutter.next(), std::nullopt);
  EXPECT_EQ(cutter.take_partial()->text, "hello");
  for (auto byte : {"\r", "\n"}) {
    cutter.push(byte);
    EXPECT_EQ(cutter.next(), std::nullopt);
  }
  EXPECT_EQ(cutter.finish(), std::nullopt);
}

TEST(framing_partial, is_followed_by_a_new_message) {
  decoder cutter(framing::line, ample);
  std::vector<std::string> whole;
  for (auto bytes : {"one", "two", "three\nfour\n\n"}) {
    cutter.push(bytes);
    drain(cutter, whole);
    if (auto part = cutter.take_partial()) whole.push_back(part->text + "…");
  }
  EXPECT_THAT(whole, ElementsAre("one…", "two…", "three", "four", ""));
  EXPECT_EQ(cutter.finish(), std::nullopt);
}

TEST(framing_partial, is_counted_against_the_limit_anew) {
  decoder cutter(framing::nul, 4);
  for (int i = 0; i < 3; ++i) {
    cutter.push("abcd");
    EXPECT_EQ(cutter.next(), std::nullopt);
    EXPECT_EQ(cutter.take_partial(), ahoy::message("abcd", true));
  }
}

TEST(framing_partial, waits_for_complete_messages_to_be_taken) {
  decoder cutter(framing::line, ample);
  cutter.push("one\ntwo");
  EXPECT_FALSE(cutter.has_partial());
  EXPECT_EQ(cutter.take_partial(), std::nullopt);
  EXPECT_EQ(cutter.next()->text, "one");
  EXPECT_EQ(cutter.next(), std::nullopt);
  EXPECT_EQ(cutter.take_partial()->text, "two");
}

TEST(framing_partial, exists_only_between_delimiters) {
  for (auto kind : {framing::raw, framing::length, framing::datagram}) {
    decoder cutter(kind, ample);
    cutter.push("\0\0\0\5ab"_bytes);
    std::vector<std::string> whole;
    drain(cutter, whole);
    EXPECT_FALSE(cutter.has_partial()) << to_string(kind);
    EXPECT_EQ(cutter.take_partial(), std::nullopt) << to_string(kind);
  }
}

TEST(framing_decoder, owns_no_memory_while_it_waits_for_nothing) {
  const auto none = decoder(framing::line, ample).capacity();
  for (auto kind : every_framing) {
    decoder cutter(kind, ample);
    std::vector<std::string> all;
    for (std::size_t size : {1, 1000, 100'000}) {
      cutter.push(ahoy::encode(kind, std::string(size, 'x')));
      drain(cutter, all);
      EXPECT_EQ(cutter.capacity(), none) << to_string(kind);
    }
  }
}

TEST(framing_decoder, does_not_grow_where_a_partial_line_always_waits) {
  decoder cutter(framing::line, ample);
  const auto chunk = std::string(1000, 'x') + "\n" + std::string(1000, 'y');
  std::vector<std::string> all;
  for (int i = 0; i < 1000; ++i) {
    cutter.push(chunk);
    drain(cutter, all);
    ASSERT_LE(cutter.capacity(), 8 * chunk.size());
  }
}

// Searched or moved again at each push, this line would outlast the time that CTest allows.
TEST(framing_decoder, takes_time_linear_in_a_long_line) {
  constexpr std::size_t size = 4 << 20;
  decoder cutter(framing::line, size);
  for (std::size_t sent = 0; sent < size; ++sent) {
    cutter.push("x");
    ASSERT_EQ(cutter.next(), std::nullopt);
  }
  cutter.push("\n");
  EXPECT_EQ(cutter.next()->text.size(), size);
}

TEST(framing_decoder, takes_time_linear_in_many_messages_that_wait) {
  constexpr std::size_t count = 1 << 20;
  std::string wire;
  for (std::size_t i = 0; i < count; ++i) wire += "x\n";
  decoder cutter(framing::line, ample);
  cutter.push(wire);
  for (std::size_t i = 0; i < count; ++i) {
    cutter.push("y\n");
    ASSERT_TRUE(cutter.next());
  }
  EXPECT_EQ(to_the_end(cutter).size(), count);
}

}  // namespace
