#include <ahoy/protocol/nntp_reply.hpp>

#include "target.hpp"

// A line of a news server, as every parser of one takes it.

namespace {

bool is_word(std::string_view text) { return !text.empty() && text.find_first_of(" \t") == text.npos; }

void read(std::string_view input) {
  ahoy::nntp_capabilities known;
  while (!input.empty()) {
    const std::string_view line = fuzz::take_line(input);
    if (const auto reply = ahoy::parse_nntp_reply(line)) {
      fuzz::require(reply->code >= 100 && reply->code <= 599, "a code has three digits");
      fuzz::require(line.ends_with(reply->text), "the words are the line's");
      static_cast<void>(ahoy::parse_nntp_selection(reply->text));
    }
    if (const auto group = ahoy::parse_nntp_group(line))
      fuzz::require(is_word(group->name) && is_word(group->status), "a group has a name and a status");
    if (const auto about = ahoy::parse_nntp_description(line))
      fuzz::require(is_word(about->name), "a group has a name");
    const bool was_empty = known.empty();
    known.add(line);
    fuzz::require(was_empty || !known.empty(), "what is known stays known");
    static_cast<void>(known.has(line.substr(0, line.find(' '))));
    static_cast<void>(known.has("AUTHINFO", line.substr(0, line.find(' '))));
  }
}

const fuzz::target nntp_reply{"nntp_reply", read};

}  // namespace
