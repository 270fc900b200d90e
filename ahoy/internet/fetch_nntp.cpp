#include <ahoy/command/json.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/fetch_job.hpp>
#include <ahoy/protocol/encoded_word.hpp>
#include <ahoy/protocol/leave.hpp>
#include <ahoy/protocol/nntp.hpp>
#include <ahoy/protocol/nntp_url.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace ahoy::inline v0 {

namespace {

/// Lines are written together, so that a long list is not a system call for each.
constexpr std::size_t most_gathered = std::size_t{64} * 1024;

/// Whether all is printable ASCII, which most of a long list is: eight bytes at a time. Of each byte the
/// highest bit tells, after one was added (0x7f), after ' ' was taken away (controls), or as it is (no
/// ASCII).
bool is_plain(std::string_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const auto strange = [](std::uint64_t eight) {
    return (eight | (eight + ones) | (eight - ones * ' ')) & (ones * 0x80);
  };
  std::uint64_t eight = 0;
  while (text.size() >= sizeof eight) {
    std::memcpy(&eight, text.data(), sizeof eight);
    if (strange(eight) != 0) return false;
    text.remove_prefix(sizeof eight);
  }
  return std::ranges::all_of(text, [](char each) { return each >= ' ' && each < 0x7f; });
}

/// What the server has sent is shown on a terminal and goes to other programs: neither may obey it.
void append_escaped(std::string& line, std::string_view text) {
  if (is_plain(text))
    line += text;
  else
    line += escape_controls(text);
}

/// Words of other languages as they are meant; `kept` holds them where they are others than those of `text`.
std::string_view decoded(std::string_view text, std::string& kept) {
  if (text.find("=?") == text.npos) return text;
  kept = decode_words(text);
  return kept;
}

void append_decoded(std::string& line, std::string_view text) {
  std::string kept;
  append_escaped(line, decoded(text, kept));
}

void append_number(std::string& line, std::uint64_t number) {
  std::array<char, 20> digits{};
  line.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void append_row(std::string& rows, const nntp_group& each) {
  append_escaped(rows, each.name);
  for (const std::uint64_t number : {each.last, each.first}) {
    rows += '\t';
    append_number(rows, number);
  }
  rows += '\t';
  append_escaped(rows, each.status);
  rows += '\n';
}

void append_row(std::string& rows, const nntp_overview& each) {
  append_number(rows, each.number);
  for (const std::string_view text : {each.date, each.from, each.subject, each.message_id}) {
    rows += '\t';
    append_decoded(rows, text);
  }
  rows += '\t';
  append_number(rows, each.lines);
  rows += '\n';
}

void append_json(std::string& rows, const nntp_group& each) {
  json_row row;
  row.add("name", each.name).add("last", each.last).add("first", each.first).add("status", each.status);
  rows += row.line();
}

void append_json(std::string& rows, const nntp_overview& each) {
  json_row row;
  std::string subject;
  std::string from;
  row.add("number", each.number).add("subject", decoded(each.subject, subject));
  row.add("from", decoded(each.from, from)).add("date", each.date);
  row.add("message_id", each.message_id)
      .add("references", each.references)
      .add("bytes", each.bytes)
      .add("lines", each.lines);
  rows += row.line();
}

template <class List>
task<> write_list(fetch_job& job, List list) {
  std::string rows;
  for (;;) {
    const bool is_more = co_await list.more();
    while (const auto* each = is_more ? list.next() : nullptr)
      job.given.json ? append_json(rows, *each) : append_row(rows, *each);
    const bool is_due = !is_more || rows.size() >= most_gathered;
    if (is_due && !rows.empty()) co_await job.to.write(rows);
    if (is_due) rows.clear();
    if (!is_more) break;
  }
}

task<> fetch_groups(fetch_job& job, nntp_client& from, const nntp_url& what) {
  auto list = co_await from.groups(what.name);
  co_await write_list(job, std::move(list));
}

/// --last of them; a number of which there is no article counts as one, as the server counts.
task<> fetch_overview(fetch_job& job, nntp_client& from, const nntp_url& what) {
  const nntp_selection there = co_await from.group(what.name);
  if (there.count == 0 || there.last < there.first) co_return;
  std::uint64_t first = there.first;
  if (job.given.last && *job.given.last < there.last - there.first + 1)
    first = there.last - *job.given.last + 1;
  if (first > there.last) co_return;  // --last 0
  auto list = co_await from.overview(first, there.last);
  co_await write_list(job, std::move(list));
}

nntp_part part_of(const fetch_options& given) {
  if (given.head) return nntp_part::head;
  return given.body ? nntp_part::body : nntp_part::whole;
}

task<> fetch_article(fetch_job& job, nntp_client& from, const nntp_url& what) {
  if (!what.name.empty()) co_await from.group(what.name);
  nntp_text text = co_await from.article(what.article, part_of(job.given));
  for (;;) {
    const std::string piece = co_await text.receive();
    if (piece.empty()) break;
    co_await job.to.write(piece);
  }
}

}  // namespace

task<> fetch_nntp(fetch_job& job) {
  const nntp_url what = parse_nntp_url(job.given.to.path);
  check_json(job.given, what.article.empty());
  auto client = co_await connect_nntp(job.by, job.given.to, job.access);
  if (what.what == nntp_url::kind::groups)
    co_await fetch_groups(job, *client, what);
  else if (what.what == nntp_url::kind::group)
    co_await fetch_overview(job, *client, what);
  else
    co_await fetch_article(job, *client, what);
  co_await leave(job.by, client->quit());
}

}  // namespace ahoy::inline v0
