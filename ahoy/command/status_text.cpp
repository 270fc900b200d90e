#include <ahoy/command/status_text.hpp>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

struct status_row {
  verb of;
  status value;
  std::string_view text;
};

constexpr std::array rows{
    status_row{verb::call, status::done,
               "Done: the conversation ended as --after-eof says. Where the peer ended first, its system had "
               "acknowledged all that was sent. Over UDP all was handed over, and no ICMP error came back."},
    status_row{
        verb::call, status::not_connected,
        "Not connected: refused, or unreachable. Over UDP at any time: ICMP said that nobody is there, "
        "whatever was sent or heard before."},
    status_row{verb::call, status::not_confirmed,
               "The peer ended its side and did not take all that was sent: the connection failed after its "
               "end. The second line counts. Over UDP, a datagram could not be sent, and those before it "
               "were."},
    status_row{verb::call, status::timed_out,
               "Time ran out: --timeout, whatever was sent by then; --connect-timeout, or the system gave up "
               "connecting. That a DURATION of --after-eof is over is no error."},
    status_row{verb::call, status::receive_failed,
               "Receiving failed or was cut short: the connection failed while the peer had not ended its "
               "side, by a reset, for instance, or because the system gave it up; or it ended inside a "
               "message."},

    status_row{verb::send, status::done,
               "Confirmed as --confirm asks. Over UDP: all was handed over, and no ICMP error came back by "
               "the end, with an answer or without."},
    status_row{verb::send, status::not_connected,
               "Not connected: refused, or unreachable. Over UDP too, whatever was sent before: ICMP said "
               "that nobody is there."},
    status_row{verb::send, status::not_confirmed,
               "Not all is confirmed, and something was sent: the connection failed, whatever the system "
               "calls the cause (a reset, or that it gave the connection up), or the peer had not ended when "
               "--after-eof close or its DURATION was over. The second line counts. Over UDP, sending or "
               "receiving failed by another cause than that of 7."},
    status_row{verb::send, status::timed_out,
               "Time ran out: --timeout, whatever was sent by then (the second line counts); "
               "--connect-timeout, or the system gave up connecting. That a DURATION of --after-eof is over "
               "is 18 over a stream, and over UDP no error."},
    status_row{verb::send, status::receive_failed,
               "Receiving failed or was cut short, and nothing had been sent."},

    status_row{verb::fetch, status::done, "All of it was fetched, and written."},
    status_row{
        verb::fetch, status::receive_failed,
        "Receiving failed or was cut short: the server ended before all had come that it had announced."},
    status_row{verb::fetch, status::timed_out,
               "Time ran out: --timeout or --connect-timeout, or the system gave up connecting."},
};

/// Of the statuses that not every verb can end with: those that can. What becomes of one caller does not end
/// listen, bench and fetch read no input, and only who speaks a protocol is told that something is not there.
struct status_verbs {
  status value;
  std::string_view verbs;
};
constexpr std::array not_of_all{
    status_verbs{status::not_connected, "call send fetch bench"},
    status_verbs{status::protocol_broken, "call send fetch bench"},
    status_verbs{status::not_confirmed, "call send"},
    status_verbs{status::refused, "send fetch"},
    status_verbs{status::input_failed, "listen call send"},
    status_verbs{status::tls_failed, "call send fetch bench"},
    status_verbs{status::send_failed, "call send fetch bench"},
    status_verbs{status::receive_failed, "call send fetch bench"},
    status_verbs{status::not_trusted, "call send fetch bench"},
    status_verbs{status::login_refused, "send fetch"},
    status_verbs{status::not_there, "send fetch"},
};

}  // namespace

std::vector<status_meaning> statuses_of(verb which) {
  std::vector<status_meaning> all;
  for (const status_meaning& each : status_meanings()) {
    const auto* row = std::ranges::find(not_of_all, each.value, &status_verbs::value);
    const auto names = row == not_of_all.end() ? verb_names() : words_of(row->verbs);
    if (std::ranges::count(names, row_of(which).name) != 0) all.push_back(each);
  }
  return all;
}

std::string_view status_text(const status_meaning& row, verb of) noexcept {
  const auto* found = std::ranges::find_if(
      rows, [&](const status_row& each) { return each.of == of && each.value == row.value; });
  return found == rows.end() ? row.meaning : found->text;
}

}  // namespace ahoy::inline v0
