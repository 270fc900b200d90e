#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/imap_channel.hpp>
#include <ahoy/protocol/imap_data.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// How the flags of messages change.
enum class imap_flags { add, remove, replace };

/// A message that was appended: where the server does not tell (UIDPLUS), the numbers are 0.
struct imap_appended {
  std::uint32_t uid_validity = 0;
  std::uint32_t uid = 0;
  std::string said;  ///< the server's word: "OK [APPENDUID 38505 3955] done"
};

/// Reads and keeps mail on a server (RFC 9051, RFC 3501). Messages are named by their UIDs, which stay the
/// same; names of mailboxes are UTF-8. One task at a time; a message or a list that was asked for is received
/// to its end before anything else is asked. Throws error everywhere: protocol_broken, cut_short, refused
/// where the server says no, and what the carrier throws; malformed for a name or words of which no command
/// can be made.
class imap_client {
 public:
  /// `over` is logged in.
  imap_client(std::unique_ptr<carrier> over, dialogue_observer observer);

  /// First of all: asks what the server can do.
  task<> begin();
  [[nodiscard]] const imap_capabilities& capabilities() const noexcept { return capabilities_; }

  /// All of them, in the order of their hierarchy.
  task<std::vector<imap_mailbox>> mailboxes();
  /// Opens a mailbox, to read and change it, or to read it alone. Throws not_there.
  task<imap_selection> select(std::string mailbox);
  task<imap_selection> examine(std::string mailbox);

  /// The messages that fit, in ascending order: what SEARCH is asked ("UNSEEN SINCE 1-Feb-2026"), and text
  /// that they hold, in UTF-8; either may be empty. It is asked for some thousand messages at a time.
  task<std::vector<std::uint32_t>> search(std::string program, std::string text = {});

  /// Asks for what there is of messages, which next() then gives: by their numbers in the mailbox, both ends
  /// belonging to it, or by UIDs in ascending order.
  task<> list(std::uint32_t first, std::uint32_t last);
  task<> list(std::vector<std::uint32_t> uids);
  /// The next one, in the server's order; nothing at the end.
  task<std::optional<imap_entry>> next();

  /// Asks for a message, or a section of it ("HEADER", "TEXT", "1.2"), as it is, which receive() then gives;
  /// it is not marked as seen. Throws not_there.
  task<> fetch(std::uint32_t uid, std::string section = {});
  /// How much of it is left, in bytes.
  [[nodiscard]] std::uint64_t left() const noexcept { return channel_.content_left() + kept_.size(); }
  /// The next piece; empty at the end, once.
  task<std::string> receive();

  /// Flags are atoms: \Seen, \Deleted, or a word of one's own.
  task<> store(std::vector<std::uint32_t> uids, imap_flags how, const std::vector<std::string>& flags);
  /// Throws not_there where there is no such mailbox.
  task<> copy(std::vector<std::uint32_t> uids, const std::string& mailbox);
  /// By MOVE (RFC 6851), else copied, marked and expunged. Throws as copy(), and as expunge(uids).
  task<> move(std::vector<std::uint32_t> uids, std::string mailbox);
  /// Deletes what is marked as \Deleted, by whomever.
  task<> expunge();
  /// Of these alone. Throws refused where the server cannot (UIDPLUS, RFC 4315).
  task<> expunge(std::vector<std::uint32_t> uids);

  /// Appends a message of so many bytes to a mailbox: first this, then its pieces, then the end. It holds no
  /// NUL, and its lines end in CR LF. Throws not_there; a server that wants none of it may say so here
  /// already.
  task<> begin_append(std::string mailbox, std::uint64_t size, std::vector<std::string> flags = {});
  task<> send(std::string_view piece) { return channel_.send_raw(piece); }
  task<imap_appended> finish_append();
  /// All of a message was sent, and what the server says of it was not heard.
  [[nodiscard]] bool is_in_doubt() const noexcept { return is_in_doubt_; }

  /// Waits until there is new mail in the mailbox that is open (IDLE, RFC 2177): how many messages it has
  /// then. Mail of which the server has told before, and that nobody has waited for, counts. `again` is when
  /// it is asked anew: RFC 2177 wants that before 29 minutes are over, since servers hang up after 30. Throws
  /// refused where the server cannot.
  task<std::uint32_t> await_mail(engine& by, duration again = std::chrono::minutes{28});

  /// Takes leave.
  task<> logout();

 private:
  task<> ask(std::string_view command, std::uint64_t replies = 0);
  task<> ask_and_finish(std::string_view command, errc when_no, std::uint64_t replies = 0);
  task<std::optional<imap_reply>> untagged(bool for_content = false);
  task<> finish(errc when_no);
  task<> begin_literal(std::string_view command, std::uint64_t size);
  task<> await_go_on();
  void note(const imap_reply& reply);
  task<imap_selection> open(std::string_view command, std::string mailbox);
  task<> send_search(std::string program, std::string_view text);
  task<> search_among(std::uint32_t first, std::uint32_t last, const std::string& program,
                      const std::string& text, std::vector<std::uint32_t>& found);
  task<> for_each_set(std::string before, std::vector<std::uint32_t> uids, std::string after);
  task<> list_more();
  task<> finish_content();
  task<> idle(engine& by, duration longest);
  task<> until_mail();
  [[nodiscard]] std::string argument(const std::string& mailbox) const;
  void check(errc when_no) const;
  void check_can(std::string_view what) const;

  imap_channel channel_;
  imap_capabilities capabilities_;
  bool is_utf8_ = false;
  imap_reply last_;             // the server's last word on a command
  std::uint64_t allowed_ = 0;   // how many more replies may come to the command
  std::uint32_t messages_ = 0;  // in the mailbox that is open
  bool has_new_ = false;
  std::vector<std::uint32_t> to_list_;
  bool is_listing_ = false;
  std::uint32_t uid_ = 0;  // of what is fetched
  bool is_fetching_ = false;
  std::string kept_;  // content that was no literal
  bool is_in_doubt_ = false;
  bool is_leaving_ = false;
};

/// Throws error (malformed) for text that cannot be searched for: ends of lines, NULs, what is no UTF-8.
void check_imap_words(std::string_view text);

}  // namespace ahoy::inline v0
