#include <ahoy/command/dump.hpp>
#include <ahoy/command/listen_report.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/server/backoff.hpp>
#include <ahoy/server/callers.hpp>

#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace ahoy::inline v0 {

namespace {

/// Nobody beyond the same network can call it (RFC 3927; RFC 4291, 2.5.6).
bool is_link_local(const address& which) {
  return which.host().starts_with(which.family() == family::inet ? "169.254." : "fe80:");
}

/// An address of this machine that others can call: the first that is neither loopback nor link-local.
address address_for_others(const address& any, family wanted) {
  const bool inet6 = wanted == family::inet6;
  address found = inet6 ? address::inet6(in6addr_loopback, 0) : address::inet(INADDR_LOOPBACK, 0);
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) all = nullptr;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned{all, ::freeifaddrs};
  for (const ifaddrs* each = all; each; each = each->ifa_next) {
    if (!each->ifa_addr || each->ifa_addr->sa_family != found.data()->sa_family) continue;
    const address own{each->ifa_addr, found.size()};
    if (own.is_loopback() || is_link_local(own)) continue;
    found = own;
    break;
  }
  found.set_port(any.port());
  return found;
}

std::string url_of(scheme as, const address& on) {
  if (on.family() == family::local) return on.to_string();
  return to_string(as) + "://" + on.to_string();
}

/// What follows the URL in the line to paste: how our key is known, and what a caller has to show of its own.
std::string proofs(const listen_options& options) {
  std::string all = options.identity.text.empty() ? "" : "#sha256=" + options.identity.fingerprint;
  if (!options.tls.token.empty()) all += " --token FILE";
  if (options.tls.requires_certificate || !options.tls.allow_key.empty()) all += " --cert FILE";
  return all;
}

/// Which of our options it was that a caller came up against; the library does not know them.
struct limit_row {
  std::string_view words;  // why it left, or did not join, begins so
  std::string_view shown;
};
constexpr std::array limits{
    limit_row{"too long", " (--max-message)"},
    limit_row{"timed out: it said nothing", " (--idle-timeout)"},
    limit_row{"timed out: it took nothing", " (--idle-timeout)"},
    limit_row{"timed out: a message", " (--message-timeout)"},
    limit_row{"timed out: the handshake", " (--handshake-timeout)"},
    limit_row{"too slow: took nothing", " (--stall-timeout)"},
    limit_row{"the certificate is not trusted: its key is sha256=", " (--allow-key)"},
};

std::string_view which_limit(std::string_view why) {
  const auto* found =
      std::ranges::find_if(limits, [why](const limit_row& each) { return why.starts_with(each.words); });
  return found == limits.end() ? "" : found->shown;
}

std::string counted(std::uint64_t messages) {
  return fmt::format("{} message{}", messages, messages == 1 ? "" : "s");
}

bool is_terminal_shared() noexcept { return ::isatty(STDERR_FILENO) == 1; }

}  // namespace

listen_report::listen_report(engine& by, const listen_options& options, standard_output& out,
                             bool interactive)
    : by_{by},
      options_{options},
      out_{out},
      notes_{by},
      more_{by},
      written_{by},
      news_{by},
      shows_coming_and_going_{interactive || options.verbose > 0} {}

/// What cannot be written for want of memory is written later: that passes, and nobody is cut for it.
task<> listen_report::write_all() {
  for (;;) {
    while (unwritten_.empty()) co_await more_.wait();
    const std::string text = unwritten_.take(by_.time_of_day());
    const std::uint64_t up_to = heard_;
    writing_ = true;
    for (bool is_written = false; !is_written;) {
      try {
        co_await write_out(text);
        is_written = true;
      } catch (const std::bad_alloc&) {
        // It stays at hand.
      }
      if (!is_written || text.empty()) co_await backoff{by_};
    }
    writing_ = false;
    kept_ = up_to;
    written_.notify();
  }
}

/// Where memory runs out, it does so before anything is written.
task<> listen_report::write_out(std::string_view text) {
  const bool around_prompt = before_writing && out_.is_terminal();
  if (around_prompt) before_writing();
  co_await out_.write(text);
  if (around_prompt && after_writing) after_writing();
}

task<> listen_report::flush() {
  while (!is_written()) co_await written_.wait();
}

void listen_report::note_tls(const connection& from) {
  std::uint64_t missed = 0;  // of these no number is told
  if (spoke_tls_.allows(by_.now(), missed))
    note(fmt::format("[{}] speaks TLS, which this endpoint does not: listen on tls:// for it", from.label()));
}

task<> listen_report::heard(const connection& from, const message& said) {
  const bool looks_like_tls = said.text.starts_with("\x16\x03");  // a record of its handshake (RFC 8446, 5.1)
  if (looks_like_tls && from.transport() == "tcp") note_tls(from);
  while (!unwritten_.has_room()) co_await written_.wait();
  unwritten_.add(shown(from, said));
  ++heard_;
  more_.notify();
}

task<> listen_report::kept() {
  const std::uint64_t all = heard_;
  while (kept_ < all) co_await written_.wait();
}

std::string listen_report::shown(const connection& from, const message& said) const {
  if (options_.json) return json_line(json_event::message, by_.time_of_day(), from.label(), said.text);
  const std::string time = options_.timestamps ? timestamp(by_.time_of_day()) + " " : std::string{};
  const std::string lead = fmt::format("{}[{}]", time, from.label());
  if (!options_.hex) return fmt::format("{} {}{}\n", lead, escape(said.text), said.unfinished ? "…" : "");
  hex_dump dump;
  std::string lines = dump.add(said.text);
  lines += dump.finish();
  return fmt::format("{} {} bytes\n{}", lead, said.text.size(), lines);
}

std::string listen_report::event_line(json_event kind, std::string_view from, std::string_view text) const {
  return json_line(kind, by_.time_of_day(), from, text);
}

void listen_report::tell(json_event kind, std::string_view from, std::string_view text) {
  if (!options_.json) return;
  unwritten_.add_or_count(kind, event_line(kind, from, text));
  more_.notify();
}

void listen_report::note(std::string_view line) {
  const std::string whole = fmt::format("{}\n", line);
  const bool around_prompt = before_writing && is_terminal_shared();
  if (around_prompt) before_writing();
  notes_.add(whole);
  if (around_prompt) after_writing();
}

void listen_report::listening(scheme as, const address& on) {
  const address called = on.is_any() ? address_for_others(on, options_.wanted) : on;
  const std::size_t workers = options_.server.workers;
  const std::string by = workers > 0 ? fmt::format(", {} worker{}", workers, workers == 1 ? "" : "s") : "";
  note(fmt::format("listening on {} ({}{})", url_of(as, on), to_string(options_.server.model), by));
  note(fmt::format("  to call it: ahoy call {}{}", url_of(as, called),
                   as == scheme::tls ? proofs(options_) : std::string{}));
}

void listen_report::waiting(const connection& caller, std::size_t ahead) {
  if (shows_coming_and_going_) note(fmt::format("[{}] waits, {} before it", caller.label(), ahead));
}

void listen_report::joined(const connection& caller) {
  anybody_came_ = true;
  news_.notify();
  if (shows_coming_and_going_) note(fmt::format("[{}] joined", caller.label()));
  if (options_.json)
    unwritten_.join(&caller, event_line(json_event::join, caller.label(), caller.transport()));
  more_.notify();
}

void listen_report::ended_its_half(const connection&) {
  anybody_ended_ = true;
  news_.notify();
}

void listen_report::left(const connection& caller, std::string_view why) {
  anybody_left_ = true;
  news_.notify();
  const bool ordinary = why == "done";
  const bool is_told = why == callers::in_words(callers::cut::made_way);  // as often as may be
  somebody_failed_ = somebody_failed_ || (!ordinary && !callers::is_cut(why));
  if (shows_coming_and_going_ || (!ordinary && !is_told))
    note(fmt::format("[{}] left{}{}{}", caller.label(), ordinary ? "" : ": ", ordinary ? "" : why,
                     which_limit(why)));
  if (options_.json) unwritten_.leave(&caller, event_line(json_event::leave, caller.label(), why));
  more_.notify();
}

void listen_report::busy(const address& caller, std::size_t here) {
  note(fmt::format("[{}] was told busy: {} are here (--max-clients)", caller.to_string(), here));
  tell(json_event::busy, caller.to_string(), "busy");
}

void listen_report::no_worker(const address& caller, std::string_view why) {
  anybody_found_no_worker_ = true;
  note(fmt::format("[{}] was told busy: {}", caller.to_string(), why));
  tell(json_event::busy, caller.to_string(), "busy");
}

void listen_report::denied(const address& caller) {
  note(fmt::format("[{}] was turned away (--allow, --deny)", caller.to_string()));
}

void listen_report::too_many(const address& caller, std::size_t here) {
  note(fmt::format("[{}] was told busy: {} from its address are here (--max-per-address)", caller.to_string(),
                   here));
  tell(json_event::busy, caller.to_string(), "busy");
}

void listen_report::too_often(const address& caller) {
  note(fmt::format("[{}] was told busy: too many came from its address (--rate-per-address)",
                   caller.to_string()));
  tell(json_event::busy, caller.to_string(), "busy");
}

void listen_report::insecure(const connection& caller, std::string_view why) {
  note(fmt::format("[{}] did not join: {}{}", caller.label(), why, which_limit(why)));
}

void listen_report::made_way(const connection& caller) {
  if (shows_coming_and_going_) return;  // left() is shown
  note(fmt::format("[{}] made way for a newer caller (--max-clients)", caller.label()));
}

void listen_report::untold(turned_away how, std::uint64_t callers) {
  constexpr std::array lines = {"were told busy or, over UDP, nothing (--max-clients)",
                                "were turned away (--allow, --deny)",
                                "made way for newer callers (--max-clients)",
                                "did not join: no TLS was agreed on",
                                "were told busy or nothing (--max-per-address)",
                                "were told busy or nothing (--rate-per-address)"};
  note(fmt::format("{} more {}", callers, lines[static_cast<std::size_t>(how)]));
  const bool is_busy =
      how == turned_away::busy || how == turned_away::too_many || how == turned_away::too_often;
  if (is_busy) tell(json_event::busy, "", fmt::format("{} more", callers));
}

void listen_report::exhausted(std::string_view why) {
  note(fmt::format("ahoy: accept: {}; callers wait until something is freed", why));
}

void listen_report::dropped(std::string_view label, std::uint64_t messages) {
  dropped_ += messages;
  const std::string count = counted(messages);
  note(fmt::format("[{}] is slow: {} for it {} dropped", label, count, messages == 1 ? "was" : "were"));
  tell(json_event::drop, label, count + " dropped");
}

/// One datagram may be too large for each of a thousand members, once its text is escaped.
void listen_report::too_large(std::string_view label, std::size_t bytes) {
  if (!too_large_.allows(by_.now(), too_large_untold_)) return;
  note(fmt::format("[{}] was not sent {} bytes: no datagram holds so many", label, bytes));
  tell(json_event::drop, label,
       fmt::format("a message of {} bytes was dropped: no datagram holds it", bytes));
}

void listen_report::tell_totals() {
  if (dropped_ > 0)
    note(fmt::format("in all, {} for slow callers {} dropped (--slow {})", counted(dropped_),
                     dropped_ == 1 ? "was" : "were", to_string(options_.room.slow)));
  if (too_large_untold_ > 0)
    note(fmt::format("{} more {} not sent: no datagram holds so many bytes", too_large_untold_,
                     too_large_untold_ == 1 ? "message was" : "messages were"));
}

task<> listen_report::first_arrival() {
  while (!anybody_came_) co_await news_.wait();
}

task<> listen_report::first_end() {
  while (!anybody_ended_) co_await news_.wait();
}

task<> listen_report::first_departure() {
  while (!anybody_left_) co_await news_.wait();
}

}  // namespace ahoy::inline v0
