#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/imap_data.hpp>
#include <ahoy/protocol/imap_mailbox_name.hpp>
#include <ahoy/protocol/imap_reply.hpp>
#include <ahoy/protocol/imap_url.hpp>

#include "target.hpp"

// A reply of a server of IMAP, whole, with its literals; its bytes as the name of a mailbox, and as a URL's
// path.

namespace {

using ahoy::imap_reply;
using ahoy::imap_value;

std::size_t depth_of(const imap_value& value) {
  std::size_t deepest = 0;
  for (const imap_value& each : value.items) deepest = std::max(deepest, depth_of(each));
  return deepest + 1;
}

void read_data(const imap_reply& reply) {
  for (const bool is_utf8 : {false, true})
    if (auto mailbox = ahoy::read_imap_mailbox(reply, is_utf8)) {
      std::vector<ahoy::imap_mailbox> all(3, *mailbox);
      all[1].name += mailbox->delimiter + "below";
      sort_by_hierarchy(all);
      fuzz::require(all.size() == 3, "none is lost by being put in order");
    }
  static_cast<void>(ahoy::read_imap_entry(reply));
  static_cast<void>(ahoy::read_imap_uid(reply));
  static_cast<void>(ahoy::read_imap_content(reply));
  ahoy::imap_selection selection;
  take_imap_selection(reply, selection);
  std::vector<std::uint32_t> found;
  static_cast<void>(take_imap_search(reply, found));
  while (!found.empty()) {
    const std::size_t count = found.size();
    fuzz::require(!ahoy::take_imap_set(found, 1000).empty() && found.size() < count, "numbers make sets");
  }
  ahoy::imap_capabilities known;
  known.take(reply);
  static_cast<void>(known.has("UIDPLUS"));
}

void read(std::string_view input) {
  const auto literal = ahoy::find_imap_literal(input);
  fuzz::require(!literal || literal->begin < input.size(), "a literal stands in the line");
  static_cast<void>(ahoy::awaits_imap_content(input));
  const auto reply = ahoy::parse_imap_reply(input);
  if (reply) {
    for (const imap_value& each : reply->values)
      fuzz::require(depth_of(each) <= ahoy::deepest_imap_list + 1, "lists are not endlessly deep");
    fuzz::require(reply->said().size() <= input.size() + 16, "nothing grows");
    static_cast<void>(reply->numbers_of("UIDNEXT"));
    read_data(*reply);
  }
  if (ahoy::is_imap_quotable(input))
    fuzz::require(ahoy::imap_quoted(input).size() <= 2 * input.size() + 2, "a quote is no longer than that");
  if (ahoy::valid_utf8(input)) {
    const std::string wire = ahoy::to_modified_utf7(input);
    fuzz::require(ahoy::from_modified_utf7(wire) == input, "a name reads back");
  }
  const std::string name = ahoy::from_modified_utf7(input);
  fuzz::require(name == input || ahoy::to_modified_utf7(name) == input, "a name that was decoded reads back");
  static_cast<void>(fuzz::accepts([&] {
    const auto url = ahoy::parse_imap_url(input);
    fuzz::require(url.mailbox.find_first_of("\r\n") == std::string::npos, "a URL makes no second command");
    static_cast<void>(as_imap_message(url));
  }));
}

const fuzz::target imap_reply_target{"imap_reply", read};

}  // namespace
