#include <ahoy/command/man_page.hpp>
#include <ahoy/command/manual.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {
namespace {

using kind = manual_block::kind;

// What a page has to spell out to show the byte itself (groff_char(7)): a dash that is to be typed, for one.
struct spelling {
  char byte;
  std::string_view roff;
};
constexpr std::array spellings{spelling{'-', "\\-"}, spelling{'\\', "\\e"}, spelling{'\'', "\\(aq"},
                               spelling{'^', "\\(ha"}, spelling{'~', "\\(ti"}};

// A line that begins with a dot would be a request.
std::string roff(std::string_view text) {
  std::string escaped(text.starts_with('.') ? "\\&" : "");
  for (const char byte : text) {
    const auto* found = std::ranges::find(spellings, byte, &spelling::byte);
    if (found == spellings.end())
      escaped += byte;
    else
      escaped += found->roff;
  }
  return escaped;
}

// As roff, with what is between backquotes in bold.
std::string roff_prose(std::string_view text) {
  std::string shown;
  bool is_code = false;
  for (const char byte : roff(text)) {
    if (byte != '`') {
      shown += byte;
      continue;
    }
    is_code = !is_code;
    shown += is_code ? "\\fB" : "\\fR";
  }
  return shown;
}

std::string shown(const manual_block& block) {
  switch (block.is) {
    case kind::heading:
      return fmt::format(".SH {}\n", roff(block.text));
    case kind::subheading:
      return fmt::format(".SS {}\n", roff(block.text));
    case kind::paragraph:
      return fmt::format(".PP\n{}\n", roff_prose(block.text));
    case kind::literal:
      return fmt::format(".PP\n.nf\n{}.fi\n", roff(block.text));
    case kind::item:
      return fmt::format(".TP\n.B {}\n{}\n", roff(block.term), roff_prose(block.text));
  }
  return {};
}

std::string head(std::string_view name, std::string_view summary, std::string_view synopsis) {
  return fmt::format(
      ".TH {} 1 \"\" \"ahoy {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n.nf\n{}.fi\n",
      roff(name), AHOY_VERSION, roff(name), roff(summary), synopsis);
}

std::string synopsis(verb of) {
  return fmt::format("\\fBahoy {}\\fR {} [options]\n", row_of(of).name, roff(row_of(of).words));
}

std::string body(const std::vector<manual_block>& blocks) {
  std::string text;
  for (const auto& block : blocks) text += shown(block);
  return text;
}

// Every other page.
std::string see_also(std::string_view self) {
  std::string pages;
  const auto add = [&](const std::string& name) {
    if (name != self) pages += fmt::format("{}.BR {} (1)", pages.empty() ? "" : ",\n", roff(name));
  };
  add("ahoy");
  for (const auto which : all_verbs) add(fmt::format("ahoy-{}", row_of(which).name));
  return fmt::format(".SH SEE ALSO\n{},\n.BR nc (1),\n.BR socat (1)\n", pages);
}

}  // namespace

std::string man_page() {
  std::string lines;
  for (const auto which : all_verbs) lines += synopsis(which);
  return head("ahoy", "two-way conversations between machines", lines) + body(manual()) + see_also("ahoy");
}

std::string man_page(verb of) {
  const auto name = fmt::format("ahoy-{}", row_of(of).name);
  return head(name, row_of(of).summary, synopsis(of)) + body(manual_of(of)) + see_also(name);
}

}  // namespace ahoy::inline v0
