#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/mail_address.hpp>

#include "target.hpp"

#include <algorithm>

namespace {

bool is_of_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char each) { return (each >= 0 && each < ' ') || each == 0x7f; });
}

void check(const ahoy::mailbox& each) {
  fuzz::require(is_of_one_line(each.address) && each.address.find('@') != std::string::npos,
                "an address is a word of one line");
  fuzz::accepts([&] {
    const ahoy::mailbox back = ahoy::parse_mailbox(each.to_header());
    fuzz::require(back.address == each.address, "an address reads back");
    const bool is_kept =
        !each.name.starts_with(' ') && !each.name.ends_with(' ') && ahoy::valid_utf8(each.name);
    fuzz::require(!is_kept || back.name == each.name, "a name reads back");
  });
}

void read(std::string_view input) {
  fuzz::accepts([&] {
    for (const ahoy::mailbox& each : ahoy::parse_mailboxes(input)) check(each);
  });
  fuzz::accepts([&] { static_cast<void>(ahoy::parse_mailbox(input)); });
}

const fuzz::target mail_address{"mail_address", read};

}  // namespace
