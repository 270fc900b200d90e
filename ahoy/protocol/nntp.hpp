#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/engine/engine.hpp>
#include <ahoy/protocol/nntp_list.hpp>
#include <ahoy/protocol/nntp_overview.hpp>
#include <ahoy/protocol/nntp_reply.hpp>
#include <ahoy/protocol/reply_channel.hpp>
#include <ahoy/protocol/transfer_options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

enum class nntp_part { whole, head, body };

/// A reader of a news server (RFC 3977; login: RFC 4643; TLS: RFC 4642). It runs over any carrier, a pipe in
/// memory too. One task at a time; a text or a list that was asked for is received to its end before the next
/// command.
///
/// What the server refuses is thrown as an error with its words as hint: not_there (no such newsgroup or
/// article), login_refused (it asks for a login, does not take this one, or lets us do nothing), else
/// refused. An answer that it may not give is protocol_broken.
class nntp_client {
 public:
  /// `server` is who has to answer where TLS is begun.
  nntp_client(std::unique_ptr<carrier> over, host server, transfer_options how);

  /// First of all: hears the greeting, begins TLS where that is asked for (handshake_failed where the server
  /// has none), and logs in where there is a login. A server that asks for it later gets it then.
  task<> begin();

  /// Those that the wildmat names; empty: all.
  task<nntp_group_list> groups(std::string wildmat = {});
  task<nntp_description_list> descriptions(std::string wildmat = {});
  /// Chooses a newsgroup.
  task<nntp_selection> group(std::string name);
  /// What there is of the articles with these numbers, of the newsgroup that was chosen; both ends belong to
  /// it.
  task<nntp_overview_list> overview(std::uint64_t first, std::uint64_t last);
  /// By its number in the newsgroup that was chosen, or by its message-id, brackets and all.
  task<nntp_text> article(std::string which, nntp_part part = nntp_part::whole);

  /// Posts an article (RFC 5536): first this, then its pieces, of any size, then the end. Lines may end in
  /// LF.
  task<> begin_article();
  task<> send_article(std::string_view piece);
  /// What the server says: it has taken it.
  task<std::string> finish_article();

  /// Says goodbye, and hears it.
  task<> quit();

  [[nodiscard]] const nntp_capabilities& capabilities() const noexcept { return capabilities_; }

 private:
  struct answer {
    answer(int of, std::string said) : code(of), text(std::move(said)) {}
    int code;
    std::string text;
  };
  task<answer> receive_answer();
  task<answer> say(std::string command);
  task<answer> ask(std::string command);
  task<answer> ask_for(std::string command, int code);
  task<std::optional<answer>> ask_for_overview(std::string range);
  task<> learn();
  task<> become_reader();
  task<> start_tls();
  task<> log_in();
  task<answer> log_in_by_name();
  task<answer> log_in_by_sasl();
  task<> learn_format();
  [[noreturn]] void refuse(const char* verb, const answer& got) const;

  reply_channel channel_;
  host server_;
  transfer_options how_;
  nntp_capabilities capabilities_;
  std::optional<nntp_overview_format> format_;
  dot_encoder dots_;
  bool is_reader_ = false;
  bool has_logged_in_ = false;
};

/// Connects, by TLS where the scheme is nntps, and begins, all within connect_timeout. Throws error as
/// open_carrier() and begin() do.
task<std::unique_ptr<nntp_client>> connect_nntp(engine& by, endpoint to, transfer_options how);

}  // namespace ahoy::inline v0
