#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/unreadable.hpp>
#include <ahoy/protocol/imap.hpp>
#include <ahoy/protocol/imap_mailbox_name.hpp>
#include <ahoy/protocol/imap_url.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// What a server may say of its own accord while a command is under way.
constexpr std::uint64_t most_replies = 100'000;
/// One that is longer counts for several.
constexpr std::size_t values_of_one = 10;
/// Of the list of mailboxes, in bytes.
constexpr std::size_t heaviest_list = std::size_t{64} * 1024 * 1024;
/// SEARCH answers with one line: that many numbers fit into the longest that is read.
constexpr std::uint32_t search_window = 5000;
/// LITERAL- lets no more go at once (RFC 7888, section 5). Of more it is better to ask first, whatever the
/// server can: a message that it does not want need not be sent.
constexpr std::uint64_t longest_at_once = 4096;

/// What is wrong now, and not with what was asked for (RFC 9051, section 7.1).
constexpr std::array server_codes{"UNAVAILABLE", "NOPERM",    "INUSE",     "SERVERBUG",      "CONTACTADMIN",
                                  "LIMIT",       "OVERQUOTA", "CLIENTBUG", "PRIVACYREQUIRED"};
constexpr std::array missing_codes{"NONEXISTENT", "TRYCREATE"};

/// About how much memory it takes.
std::size_t weight_of(const imap_mailbox& mailbox) {
  std::size_t weight = sizeof mailbox + mailbox.name.size();
  for (const std::string& each : mailbox.attributes) weight += sizeof mailbox + each.size();
  return weight;
}

std::string in_parentheses(const std::vector<std::string>& flags) {
  const auto is_foreign = [](char each) { return each <= ' ' || each > '~'; };
  std::string all;
  for (const std::string& each : flags) {
    const bool has_foreign = std::ranges::any_of(each, is_foreign) ||
                             each.find_first_of("(){%*\"]") != std::string::npos ||
                             each.find('\\', 1) != std::string::npos;
    if (each.empty() || each == "\\" || has_foreign)
      throw unreadable("flag", each, "a flag is a word: $Forwarded, or one of IMAP's own: \\Seen");
    all += (all.empty() ? "" : " ") + each;
  }
  return "(" + all + ")";
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char each) { return static_cast<unsigned char>(each) < 0x80; });
}

}  // namespace

void check_imap_words(std::string_view text) {
  if (text.find_first_of(std::string_view{"\r\n\0", 3}) != text.npos)
    throw unreadable("search", text, "a line is searched for, not several, and no byte 0");
  if (!valid_utf8(text)) throw unreadable("search", text, "it is UTF-8");
}

imap_client::imap_client(std::unique_ptr<carrier> over, dialogue_observer observer)
    : channel_{std::move(over), std::move(observer)} {}

// What all commands have in common.

task<> imap_client::ask(std::string_view command, std::uint64_t replies) {
  allowed_ = most_replies + replies;
  return channel_.send_command(command);
}

void imap_client::note(const imap_reply& reply) {
  const std::uint64_t weight = 1 + reply.values.size() / values_of_one;
  if (allowed_ < weight) channel_.refuse("it says far more than it was asked");
  allowed_ -= weight;
  capabilities_.take(reply);
  if (reply.name == "EXISTS" && reply.number) {
    has_new_ = has_new_ || *reply.number > messages_;
    messages_ = *reply.number;
  }
  if (reply.name == "EXPUNGE" && messages_ > 0) --messages_;
  if (reply.name == "BYE" && !is_leaving_)
    throw error{make_error_code(errc::cut_short), "receive from", channel_.peer(),
                "the server said: " + escape(reply.said())};
}

/// The next reply to the command under way; nothing at its end, or where content begins.
task<std::optional<imap_reply>> imap_client::untagged(bool for_content) {
  std::optional<imap_reply> reply = co_await channel_.receive(for_content);
  if (!reply) co_return reply;
  if (reply->what == imap_reply::kind::go_on)
    channel_.refuse("it waits for what is not to come", reply->text);
  if (!channel_.ends_command(*reply)) {
    note(*reply);
    co_return reply;
  }
  capabilities_.take(*reply);
  last_ = *std::move(reply);
  co_return std::nullopt;
}

/// `when_no` is what it means where the server does not say more.
void imap_client::check(errc when_no) const {
  if (last_.name == "OK") return;
  const auto has_one_of = [this](const auto& codes) {
    return std::ranges::any_of(codes, [this](const char* code) { return last_.has_code(code); });
  };
  errc cause = last_.name == "BAD" || has_one_of(server_codes) ? errc::refused : when_no;
  if (has_one_of(missing_codes)) cause = errc::not_there;
  throw error{make_error_code(cause), cause == errc::not_there ? "find at" : "ask", channel_.peer(),
              "the server said: " + escape(last_.said())};
}

task<> imap_client::finish(errc when_no) {
  for (;;) {
    const std::optional<imap_reply> reply = co_await untagged();
    if (!reply) break;
  }
  check(when_no);
}

task<> imap_client::ask_and_finish(std::string_view command, errc when_no, std::uint64_t replies) {
  co_await ask(command, replies);
  co_await finish(when_no);
}

task<> imap_client::begin_literal(std::string_view command, std::uint64_t size) {
  const bool can_at_once = capabilities_.has("LITERAL+") || capabilities_.has("LITERAL-");
  const bool at_once = can_at_once && size <= longest_at_once;
  allowed_ = most_replies;
  co_await channel_.begin_literal(command, size, at_once);
  if (!at_once) co_await await_go_on();
}

task<> imap_client::await_go_on() {
  for (;;) {
    std::optional<imap_reply> reply = co_await channel_.receive();
    if (reply->what == imap_reply::kind::go_on) co_return;
    if (!channel_.ends_command(*reply)) {
      note(*reply);
      continue;
    }
    last_ = *std::move(reply);
    check(errc::refused);
    channel_.refuse("it has done what was not said yet", last_.said());
  }
}

void imap_client::check_can(std::string_view what) const {
  if (!capabilities_.has(what))
    throw error{make_error_code(errc::refused), "ask", channel_.peer(), fmt::format("it has no {}", what)};
}

std::string imap_client::argument(const std::string& mailbox) const {
  check_mailbox_name(mailbox);
  return imap_quoted(is_utf8_ ? mailbox : to_modified_utf7(mailbox));
}

task<> imap_client::begin() {
  co_await ask_and_finish("CAPABILITY", errc::refused);
  // One that has nothing but UTF-8 wants to hear that we know it (RFC 6855, section 6).
  const bool is_utf8_only = capabilities_.has("UTF8=ONLY");
  if (is_utf8_only) co_await ask_and_finish("ENABLE UTF8=ACCEPT", errc::refused);
  is_utf8_ = is_utf8_only || !capabilities_.has("IMAP4REV1");
}

// Mailboxes.

task<std::vector<imap_mailbox>> imap_client::mailboxes() {
  std::vector<imap_mailbox> all;
  std::size_t weight = 0;
  co_await ask("LIST \"\" \"*\"");
  for (;;) {
    const std::optional<imap_reply> reply = co_await untagged();
    if (!reply) break;
    if (reply->name != "LIST") continue;
    std::optional<imap_mailbox> each = read_imap_mailbox(*reply, is_utf8_);
    if (!each) channel_.refuse("it lists what is no mailbox");
    weight += weight_of(*each);
    if (weight > heaviest_list) channel_.refuse("its list of mailboxes is too long");
    all.push_back(*std::move(each));
  }
  check(errc::refused);
  sort_by_hierarchy(all);
  co_return all;
}

task<imap_selection> imap_client::open(std::string_view command, std::string mailbox) {
  imap_selection there;
  messages_ = 0;
  const std::string line = fmt::format("{} {}", command, argument(mailbox));
  co_await ask(line);
  for (;;) {
    const std::optional<imap_reply> reply = co_await untagged();
    if (!reply) break;
    take_imap_selection(*reply, there);
  }
  check(errc::not_there);
  take_imap_selection(last_, there);
  has_new_ = false;
  co_return there;
}

task<imap_selection> imap_client::select(std::string mailbox) { return open("SELECT", std::move(mailbox)); }
task<imap_selection> imap_client::examine(std::string mailbox) { return open("EXAMINE", std::move(mailbox)); }

// Searching.

task<> imap_client::send_search(std::string program, std::string_view text) {
  const std::string charset = is_ascii(text) || is_utf8_ ? "" : "CHARSET UTF-8 ";
  std::string command = fmt::format("UID SEARCH {}{}", charset, program);
  if (text.empty() || is_imap_quotable(text)) {
    if (!text.empty()) command += " TEXT " + imap_quoted(text);
    co_await ask(command);
    co_return;
  }
  command += " TEXT";
  co_await begin_literal(command, text.size());
  co_await channel_.send_raw(text);
  co_await channel_.send_line("");
}

task<> imap_client::search_among(std::uint32_t first, std::uint32_t last, const std::string& program,
                                 const std::string& text, std::vector<std::uint32_t>& found) {
  const std::size_t most = found.size() + (last - first + 1);
  std::string whole = fmt::format("{}{}{}:{}", program, program.empty() ? "" : " ", first, last);
  co_await send_search(std::move(whole), text);
  for (;;) {
    const std::optional<imap_reply> reply = co_await untagged();
    if (!reply) break;
    if (reply->name != "SEARCH") continue;
    if (!take_imap_search(*reply, found) || found.size() > most)
      channel_.refuse("it found what are no messages");
  }
  check(errc::refused);
}

/// From the last ones to the first: where messages are deleted meanwhile, the numbers of those behind them
/// become smaller, so that none is missed.
task<std::vector<std::uint32_t>> imap_client::search(std::string program, std::string text) {
  check_imap_search(program);
  check_imap_words(text);
  std::vector<std::uint32_t> found;
  for (std::uint32_t last = messages_; last > 0;) {
    const std::uint32_t first = last > search_window ? last - search_window + 1 : 1;
    co_await search_among(first, last, program, text, found);
    last = std::min(first - 1, messages_);
  }
  std::ranges::sort(found);
  const auto twice = std::ranges::unique(found);
  found.erase(twice.begin(), twice.end());
  co_return found;
}

// Lists.

task<> imap_client::list(std::uint32_t first, std::uint32_t last) {
  to_list_.clear();
  is_listing_ = true;
  const std::string command = fmt::format("FETCH {}:{} {}", first, last, imap_entry_items);
  co_await ask(command, last >= first ? std::uint64_t{last} - first + 1 : 1);
}

task<> imap_client::list(std::vector<std::uint32_t> uids) {
  to_list_ = std::move(uids);
  is_listing_ = false;
  return list_more();
}

task<> imap_client::list_more() {
  const std::size_t before = to_list_.size();
  if (before == 0) co_return;
  const std::string command = fmt::format("UID FETCH {} {}", take_imap_set(to_list_), imap_entry_items);
  is_listing_ = true;
  co_await ask(command, before - to_list_.size());
}

task<std::optional<imap_entry>> imap_client::next() {
  while (is_listing_) {
    const std::optional<imap_reply> reply = co_await untagged();
    if (reply) {
      std::optional<imap_entry> entry = read_imap_entry(*reply);
      if (entry) co_return entry;
      continue;  // of flags that have changed, for instance
    }
    is_listing_ = false;
    check(errc::refused);
    co_await list_more();
  }
  co_return std::nullopt;
}

// Messages.

task<> imap_client::fetch(std::uint32_t uid, std::string section) {
  if (!section.empty()) check_imap_section(section);
  uid_ = uid;
  bool is_there = false;
  const std::string command = fmt::format("UID FETCH {} (UID BODY.PEEK[{}])", uid, section);
  co_await ask(command);
  last_ = {};
  for (;;) {
    const std::optional<imap_reply> reply = co_await untagged(true);
    if (!reply) break;
    const bool is_ours = read_imap_uid(*reply) == uid;
    std::optional<std::string> content = is_ours ? read_imap_content(*reply) : std::nullopt;
    if (!content) continue;
    kept_ = *std::move(content);
    is_there = true;
  }
  is_fetching_ = last_.name.empty();
  if (is_fetching_) co_return;
  check(errc::not_there);
  if (!is_there)
    throw error{make_error_code(errc::not_there), "find at", channel_.peer(),
                section.empty()
                    ? fmt::format("no message has the UID {}", uid)
                    : fmt::format("no message has the UID {}, or it has no section {}", uid, section)};
}

task<std::string> imap_client::receive() {
  std::string piece = std::exchange(kept_, {});
  if (!piece.empty()) co_return piece;
  if (channel_.content_left() > 0) piece = co_await channel_.receive_content();
  if (piece.empty() && std::exchange(is_fetching_, false)) co_await finish_content();
  co_return piece;
}

/// The UID may come before the content or after it: only now it is known whose content it was.
task<> imap_client::finish_content() {
  const std::optional<imap_reply> reply = co_await untagged();
  if (!reply || read_imap_uid(*reply) != uid_)
    channel_.refuse("what it sent is not the message that was asked for");
  co_await finish(errc::not_there);
}

task<> imap_client::for_each_set(std::string before, std::vector<std::uint32_t> uids, std::string after) {
  while (!uids.empty()) {
    const std::size_t there = uids.size();
    const std::string command = fmt::format("{} {}{}", before, take_imap_set(uids), after);
    co_await ask_and_finish(command, errc::refused, there - uids.size());
  }
}

task<> imap_client::store(std::vector<std::uint32_t> uids, imap_flags how,
                          const std::vector<std::string>& flags) {
  constexpr std::array ways{" +FLAGS.SILENT ", " -FLAGS.SILENT ", " FLAGS.SILENT "};
  return for_each_set("UID STORE", std::move(uids),
                      ways[static_cast<std::size_t>(how)] + in_parentheses(flags));
}

task<> imap_client::copy(std::vector<std::uint32_t> uids, const std::string& mailbox) {
  return for_each_set("UID COPY", std::move(uids), " " + argument(mailbox));
}

task<> imap_client::move(std::vector<std::uint32_t> uids, std::string mailbox) {
  if (capabilities_.has("MOVE")) {
    co_await for_each_set("UID MOVE", std::move(uids), " " + argument(mailbox));
    co_return;
  }
  check_can("UIDPLUS");  // before anything is done
  co_await copy(uids, mailbox);
  const std::vector<std::string> deleted(1, "\\Deleted");
  co_await store(uids, imap_flags::add, deleted);
  co_await expunge(std::move(uids));
}

task<> imap_client::expunge() { return ask_and_finish("EXPUNGE", errc::refused, messages_); }

task<> imap_client::expunge(std::vector<std::uint32_t> uids) {
  check_can("UIDPLUS");
  return for_each_set("UID EXPUNGE", std::move(uids), "");
}

// Appending.

task<> imap_client::begin_append(std::string mailbox, std::uint64_t size, std::vector<std::string> flags) {
  const std::string with_flags = flags.empty() ? "" : " " + in_parentheses(flags);
  const std::string command = fmt::format("APPEND {}{}", argument(mailbox), with_flags);
  co_await begin_literal(command, size);
}

task<imap_appended> imap_client::finish_append() {
  is_in_doubt_ = true;
  co_await channel_.send_line("");
  for (;;) {
    const std::optional<imap_reply> reply = co_await untagged();
    if (!reply) break;
  }
  is_in_doubt_ = false;
  check(errc::refused);
  imap_appended done;
  const auto numbers = last_.numbers_of("APPENDUID");
  if (numbers.size() == 2) done.uid_validity = numbers[0];
  if (numbers.size() == 2) done.uid = numbers[1];
  done.said = last_.said();
  co_return done;
}

// Waiting.

task<> imap_client::until_mail() {
  while (!has_new_) {
    const std::optional<imap_reply> reply = co_await untagged();
    if (!reply) channel_.refuse("it does not wait any more", last_.said());
  }
}

task<> imap_client::idle(engine& by, duration longest) {
  context& here = co_await this_context();
  const time_point due = deadline_after(by.now(), longest);
  co_await ask("IDLE");
  co_await await_go_on();
  try {
    co_await with_deadline(due, until_mail());
  } catch (const std::system_error& failure) {
    if (failure.code() != std::errc::timed_out || here.deadline() <= due) throw;
  }
  co_await channel_.send_line("DONE");
  co_await finish(errc::refused);
}

task<std::uint32_t> imap_client::await_mail(engine& by, duration again) {
  check_can("IDLE");
  while (!has_new_) co_await idle(by, again);
  has_new_ = false;
  co_return messages_;
}

task<> imap_client::logout() {
  is_leaving_ = true;
  return ask_and_finish("LOGOUT", errc::refused);
}

}  // namespace ahoy::inline v0
