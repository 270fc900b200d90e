#include <ahoy/error/error.hpp>
#include <ahoy/server/metrics_text.hpp>
#include <ahoy/server/tally.hpp>

#include <algorithm>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

constexpr std::array<std::string_view, 8> endings = {"done", "server", "kicked", "made_way",
                                                     "idle", "slow",   "reset",  "failed"};
constexpr std::array<std::string_view, 6> refusals = {"busy",        "no_worker",    "denied",
                                                      "per_address", "address_rate", "insecure"};

void add(callers::traffic& to, callers::caller& of) {
  const auto moved = callers::traffic_on_wire(of);
  if (!moved) return;
  to.received += moved->received;
  to.sent += moved->sent;
}

}  // namespace

tally::ending tally::ending_of(std::string_view why) {
  struct row {
    std::string words;  // why begins so
    ending is;
  };
  using cut = callers::cut;
  static const std::array<row, 8> rows = {
      row{"done", ending::done},
      row{std::string{callers::in_words(cut::server_ends)}, ending::server},
      row{std::string{callers::in_words(cut::kicked)}, ending::kicked},
      row{std::string{callers::in_words(cut::made_way)}, ending::made_way},
      row{cause_in_words(system_code(ETIMEDOUT)), ending::idle},
      row{cause_in_words(make_error_code(errc::too_slow)), ending::slow},
      row{"too slow", ending::slow},
      row{cause_in_words(system_code(ECONNRESET)), ending::reset}};
  const auto* const found =
      std::ranges::find_if(rows, [&](const row& each) { return why.starts_with(each.words); });
  return found == rows.end() ? ending::failed : found->is;
}

void tally::joined(const connection& caller) {
  ++joined_;
  if (caller.transport() == "tls") ++agreed_;
}

void tally::departed(callers::caller& who, std::string_view why) {
  ++ended_[static_cast<std::size_t>(ending_of(why))];
  add(moved_, who);
}

void tally::untold(turned_away how, std::uint64_t callers) {
  constexpr std::array<int, 6> where = {of_busy, of_denied, -1, of_insecure, of_too_many, of_too_often};
  const int row = where[static_cast<std::size_t>(how)];
  if (row >= 0) refused_[static_cast<std::size_t>(row)] += callers;
}

std::string tally::text(callers& here, const identity& of) const {
  callers::traffic moved = moved_;
  for (callers::caller& each : here) add(moved, each);
  const auto since = std::chrono::floor<std::chrono::milliseconds>(since_.time_since_epoch());
  metrics_text all;
  all.gauge("ahoy_build_info", "What serves: the value is always 1.")
      .info({{"version", of.version}, {"engine", of.engine}, {"model", of.model}});
  all.gauge("ahoy_start_time_seconds", "When it started, in seconds since the Unix epoch.").sample(since);
  all.gauge("ahoy_connections", "Callers that are here now.").sample(here.size());
  all.counter("ahoy_connections_joined_total", "Callers that were let in.").sample(joined_);
  all.counter("ahoy_connections_ended_total", "Callers that were let in and have left, by what ended them.");
  for (std::size_t i = 0; i < endings.size(); ++i) all.sample("reason", endings[i], ended_[i]);
  all.counter("ahoy_connections_refused_total", "Callers that were not let in, by the reason.");
  for (std::size_t i = 0; i < refusals.size(); ++i) all.sample("reason", refusals[i], refused_[i]);
  all.counter("ahoy_received_bytes_total", "Bytes from callers, of TLS as they went over the network.")
      .sample(moved.received);
  all.counter("ahoy_sent_bytes_total", "Bytes to callers, of TLS as they went over the network.")
      .sample(moved.sent);
  all.counter("ahoy_messages_dropped_total",
              "Messages that callers were not sent: they were slow, or it was too large.")
      .sample(dropped_);
  all.counter("ahoy_tls_handshakes_total", "Handshakes that are over, by how they ended.")
      .sample("result", "ok", agreed_)
      .sample("result", "failed", refused_[of_insecure]);
  all.counter("ahoy_accept_exhausted_total",
              "Times that nobody could be accepted: descriptors or memory ran out.")
      .sample(exhausted_);
  return std::move(all).take();
}

}  // namespace ahoy::inline v0
