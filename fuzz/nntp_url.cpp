#include <ahoy/protocol/nntp_url.hpp>
#include <ahoy/protocol/pop3_url.hpp>

#include "target.hpp"

#include <algorithm>

// The path of a URL: what is made of it goes into a command, in one line.

namespace {

bool is_command_word(std::string_view text) {
  return text.size() <= 450 && std::ranges::all_of(text, [](char each) {
           return static_cast<unsigned char>(each) > ' ' && each != 0x7f;
         });
}

void read(std::string_view input) {
  fuzz::accepts([&] {
    const ahoy::nntp_url url = ahoy::parse_nntp_url(input);
    fuzz::require(is_command_word(url.name) && is_command_word(url.article),
                  "a part of a news URL is a word");
  });
  fuzz::accepts(
      [&] { fuzz::require(is_command_word(ahoy::parse_newsgroups(input)), "newsgroups are a word"); });
  fuzz::accepts(
      [&] { fuzz::require(ahoy::parse_pop3_path(input).value_or(1) > 0, "a message's number is not zero"); });
}

const fuzz::target nntp_url{"nntp_url", read};

}  // namespace
