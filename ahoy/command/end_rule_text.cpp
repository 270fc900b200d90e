#include <ahoy/command/end_rule_text.hpp>

#include <fmt/format.h>

#include <array>

namespace ahoy::inline v0 {

namespace {

using cell = std::string_view;

/// One value of --after-eof.
struct end_rule_row {
  ahoy::verb verb;
  cell after_eof;
  std::array<cell, 4> our_half;  ///< closed when, by what standard input is
  cell heard, status, peer_first;
  cell datagrams;  ///< how long the peer is heard over them; empty: they have no such end
};

constexpr std::array<cell, 4> inputs{"a terminal", "a pipe", "/dev/null", "closed"};
constexpr std::array<cell, 4> at_its_end{"at Ctrl-D", "at its end", "at once", "at once"};
constexpr cell both = "when both ended";
constexpr std::array<cell, 4> when_both_ended{both, both, both, both};

constexpr std::array rows{
    end_rule_row{verb::listen, "default", at_its_end, "until it ends", "0", "ends our input", ""},
    end_rule_row{verb::listen, "wait", when_both_ended, "until it ends", "0", "is sent the rest", ""},
    end_rule_row{verb::listen, "close", at_its_end, "no more", "0", "ends our input", ""},
    end_rule_row{verb::listen, "DURATION", at_its_end, "so long at most", "0", "ends our input", ""},
    end_rule_row{verb::call, "default", at_its_end, "until it ends", "0", "ends our input", "1 s more"},
    end_rule_row{verb::call, "wait", when_both_ended, "until it ends", "0", "is sent the rest",
                 "without end"},
    end_rule_row{verb::call, "close", at_its_end, "no more", "0", "ends our input", "no more"},
    end_rule_row{verb::call, "DURATION", at_its_end, "so long at most", "0", "ends our input", "so long"},
    end_rule_row{verb::send, "default", at_its_end, "until it ends", "0", "is sent the rest", "1 s more"},
    end_rule_row{verb::send, "wait", when_both_ended, "until it ends", "0", "is sent the rest",
                 "without end"},
    end_rule_row{verb::send, "close", at_its_end, "no more", "18", "is sent the rest", "no more"},
    end_rule_row{verb::send, "DURATION", at_its_end, "so long at most", "18", "is sent the rest", "so long"},
};

constexpr cell of_all =
    "when both ended: our half stays open until the peer has ended its own. no more: we leave once the "
    "peer's system has acknowledged what we sent. ends our input: what is at hand is still sent, of a file "
    "all. is sent the rest: our input goes on to its own end.\n";

/// As docs/end-rule.md has it.
constexpr cell of_callers =
    "What a caller of listen sees, and the status of its ahoy call and ahoy send:\n"
    "                            it sees                call      send\n"
    "  it ended well             our end                0         0\n"
    "  no place: busy            the word, our end      0         0\n"
    "  it was cut                a reset                56 or 18  18\n"
    "Cut are those whom /kick, --idle-timeout or --message-timeout ends, who are slow (--slow disconnect), "
    "who left and do not "
    "take "
    "what is queued for them, whose message is too long, whose program failed, whose process died, whose "
    "words could not be written, who are not "
    "done when --drain is over or at a second signal, and who said more after listen was told to end. What "
    "was "
    "said to them "
    "before, a reason too, is delivered first if their system takes it within --drain (at a second signal "
    "not "
    "waited for). A Unix socket has no reset: its caller is told of a failure where something that it sent "
    "was "
    "left unread. What --slow drop-oldest and drop-newest leave out ends nothing.\n";

/// What the table does not say, in the order of the verbs.
constexpr std::array<cell, 3> of_each{
    "That is of --once, under talk and relay: the other handlers end the conversation themselves. With "
    "close, the caller's end is waited for as long as --drain says, and what still comes is dropped. Over "
    "UDP a caller never ends.\n",
    "A peer that ended first and had not acknowledged all that we sent is status 18, a reset 56.\n",
    "A peer that has not ended has not confirmed as closed asks: that is the status 18. --confirm acked asks "
    "for less, and is then 0.\n",
};

std::string half_table(verb of) {
  std::string text =
      fmt::format(" {:8}  {:15}  {:15}  {:15}  {}\n", "", inputs[0], inputs[1], inputs[2], inputs[3]);
  for (const end_rule_row& row : rows)
    if (row.verb == of)
      text += fmt::format(" {:8}  {:15}  {:15}  {:15}  {}\n", row.after_eof, row.our_half[0], row.our_half[1],
                          row.our_half[2], row.our_half[3]);
  return text;
}

std::string peer_table(verb of) {
  const bool has_datagrams = of != verb::listen;
  std::string text = fmt::format(" {:8}  {:22}  {:6}  {:22}{}\n", "", "then the peer is heard", "status",
                                 "a peer that ends first", has_datagrams ? "  over UDP" : "");
  for (const end_rule_row& row : rows) {
    if (row.verb != of) continue;
    const std::string last =
        has_datagrams ? fmt::format("{:22}  {}", row.peer_first, row.datagrams) : std::string{row.peer_first};
    text += fmt::format(" {:8}  {:22}  {:6}  {}\n", row.after_eof, row.heard, row.status, last);
  }
  return text;
}

}  // namespace

std::string end_rule_text(verb of) {
  return fmt::format(
      "When our half is closed, by --after-eof and by what standard input is:\n{}What follows:\n{}{}{}{}",
      half_table(of), peer_table(of), of_all, of_each[static_cast<std::size_t>(of)],
      of == verb::listen ? of_callers : "");
}

}  // namespace ahoy::inline v0
