#pragma once
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/reply_channel.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// A message in a mailbox.
struct pop3_entry {
  friend bool operator==(const pop3_entry&, const pop3_entry&) = default;
  std::uint64_t number = 0;  ///< from 1 on, in this session
  std::uint64_t size = 0;    ///< in bytes, as the server counts
  std::string unique;        ///< the same in every session (UIDL); empty where the server has none
};

/// Reads a mailbox (RFC 1939). One task at a time. Throws error everywhere: protocol_broken, cut_short, and
/// what the carrier throws.
class pop3_client {
 public:
  /// `over` is logged in.
  pop3_client(std::unique_ptr<carrier> over, dialogue_observer observer);

  /// All messages, in order.
  task<std::vector<pop3_entry>> list();
  /// Asks for a message, which receive() then gives. Throws not_there.
  task<> retrieve(std::uint64_t number);
  /// The same for its header and so many lines of its body.
  task<> top(std::uint64_t number, std::uint64_t lines);
  /// The next piece, lines ending as they came; empty at the end, once.
  task<std::string> receive() { return channel_.receive_text(); }
  /// Marks a message: the server deletes it after quit(). Throws not_there.
  task<> remove(std::uint64_t number);
  /// Takes leave. When it is over, the server has deleted what was marked. Throws refused where it could not.
  /// Where nothing was marked, nothing hangs on it (see leave()).
  task<> quit();

 private:
  task<std::string> ask(std::string command);
  task<> ask_for_message(std::string command);
  /// Gives each line to `take`, which returns whether it is one of such a list.
  task<> read_list(std::function<bool(std::string_view)> take);
  [[noreturn]] void refuse(errc cause, const std::string& reply) const;
  [[noreturn]] void refuse_line(std::string_view line) const;

  reply_channel channel_;
};

}  // namespace ahoy::inline v0
