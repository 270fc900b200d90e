#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/nntp_list.hpp>
#include <ahoy/protocol/reply_channel.hpp>

#include "memory_carrier.hpp"
#include "target.hpp"

// Two bytes say how the rest is cut and how much may come; a line is the wildmat that is asked for.

namespace {

struct seen {
  std::string names;
  std::size_t size = 0;
  bool is_refused = false;
};

template <class List>
ahoy::task<> read_all(List list, seen& what) {
  for (;;) {
    const bool is_more = co_await list.more();
    if (!is_more) break;
    while (const auto* each = list.next()) {
      what.names += std::string{each->name} + '\n';
      what.size += each->name.size();
    }
  }
}

ahoy::task<> read_overview(ahoy::nntp_overview_list list, seen& what) {
  for (;;) {
    const bool is_more = co_await list.more();
    if (!is_more) break;
    while (const auto* each = list.next()) what.names += std::to_string(each->number) + '\n';
  }
}

seen read_in(std::string_view text, std::size_t size, std::size_t limit, int kind,
             const std::string& wildmat) {
  static const auto by = ahoy::make_engine();
  ahoy::reply_channel channel{std::make_unique<fuzz::memory_carrier>(fuzz::cut(text, size)), nullptr};
  const ahoy::nntp_lines lines{&channel, limit};
  seen what;
  what.is_refused = !fuzz::accepts([&] {
    if (kind == 0) by->run(read_all(ahoy::nntp_group_list{lines, {wildmat}}, what));
    if (kind == 1) by->run(read_all(ahoy::nntp_description_list{lines, {wildmat}}, what));
    if (kind == 2) by->run(read_overview(ahoy::nntp_overview_list{lines, {}}, what));
  });
  return what;
}

void read(std::string_view input) {
  const std::size_t size = fuzz::take_byte(input);
  const std::size_t limit = (fuzz::take_byte(input) + 1) * 1024;
  const std::string wildmat{fuzz::take_line(input)};
  for (int kind = 0; kind < 3; ++kind) {
    const seen cut = read_in(input, size, limit, kind, wildmat);
    const seen whole = read_in(input, input.size(), limit, kind, wildmat);
    fuzz::require(cut.size <= limit, "no more than is allowed is read");
    fuzz::require(cut.is_refused == whole.is_refused, "how it is cut does not matter to what is refused");
    fuzz::require(cut.is_refused || cut.names == whole.names, "how it is cut does not matter");
  }
}

const fuzz::target nntp_list{"nntp_list", read};

}  // namespace
