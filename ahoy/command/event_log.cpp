#include <ahoy/command/event_log.hpp>
#include <ahoy/command/json.hpp>
#include <ahoy/connection/security.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/message/timestamp.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// One word where that can be read back.
std::string shown(std::string_view value) {
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\'; };
  if (!value.empty() && std::ranges::all_of(value, is_plain)) return std::string{value};
  std::string quoted = "\"";
  for (const char byte : escape(value)) quoted += byte == '"' ? std::string{"\\\""} : std::string(1, byte);
  return quoted + "\"";
}

std::uint64_t milliseconds_since(std::chrono::system_clock::time_point then,
                                 std::chrono::system_clock::time_point now) {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - then).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(passed, 0));  // the clock may have been set back
}

}  // namespace

/// One event while it is written.
class event_log::line {
 public:
  line(log_format how, std::string_view time, std::string_view event) : how_{how} {
    if (how_ == log_format::json)
      row_.add("time", time).add("event", event);
    else
      text_ = fmt::format("{} {}", time, event);
  }
  line& add(std::string_view name, std::string_view value) {
    if (how_ == log_format::json)
      row_.add(name, value);
    else
      text_ += fmt::format(" {}={}", name, shown(value));
    return *this;
  }
  line& add(std::string_view name, std::uint64_t value) {
    if (how_ == log_format::json)
      row_.add(name, value);
    else
      text_ += fmt::format(" {}={}", name, value);
    return *this;
  }
  /// Who it is; of TLS, what was agreed on.
  line& add(const connection& caller, bool is_secure) {
    add("peer", caller.label()).add("transport", is_secure ? "tls" : caller.transport());
    const auto* secure = dynamic_cast<const secure_connection*>(&caller);
    if (!secure) return *this;
    if (const std::string version = secure->version(); !version.empty()) add("tls", version);
    if (const std::string key = secure->peer_key(); !key.empty()) add("key", key);
    return *this;
  }
  [[nodiscard]] std::string whole() const {
    return how_ == log_format::json ? row_.line() : fmt::format("{}\n", text_);
  }

 private:
  log_format how_;
  std::string text_;
  json_row row_;
};

event_log::line event_log::begin(std::string_view event) const {
  return {how_, timestamp(by_.time_of_day()), event};
}

void event_log::listening(scheme as, const address& on) {
  write_(begin("listening").add("transport", to_string(as)).add("address", on.to_string()).whole());
}

void event_log::joined(const connection& caller) { write_(begin("joined").add(caller, false).whole()); }

void event_log::departed(callers::caller& who, std::string_view why) {
  line one = begin("left");
  one.add(who.link(), who.is_secure).add("ms", milliseconds_since(who.since, by_.time_of_day()));
  if (const auto moved = callers::traffic_on_wire(who))
    one.add("received", moved->received).add("sent", moved->sent);
  write_(one.add("reason", why).whole());
}

void event_log::refuse(const address& caller, std::string_view reason) {
  write_(begin("refused").add("peer", caller.to_string()).add("reason", reason).whole());
}

void event_log::busy(const address& caller, std::size_t here) {
  refuse(caller, fmt::format("busy: {} are here", here));
}

void event_log::no_worker(const address& caller, std::string_view why) {
  refuse(caller, fmt::format("busy: {}", why));
}

void event_log::denied(const address& caller) { refuse(caller, "denied"); }

void event_log::too_many(const address& caller, std::size_t here) {
  refuse(caller, fmt::format("per address: {} from there are here", here));
}

void event_log::too_often(const address& caller) { refuse(caller, "address rate"); }

void event_log::insecure(const connection& caller, std::string_view why) {
  write_(begin("refused")
             .add("peer", caller.label())
             .add("transport", "tls")
             .add("reason", fmt::format("insecure: {}", why))
             .whole());
}

void event_log::untold(turned_away how, std::uint64_t callers) {
  constexpr std::array reasons = {"busy", "denied", "made way", "insecure", "per address", "address rate"};
  write_(begin("more").add("callers", callers).add("reason", reasons[static_cast<std::size_t>(how)]).whole());
}

void event_log::exhausted(std::string_view why) { write_(begin("exhausted").add("reason", why).whole()); }

void event_log::dropped(std::string_view label, std::uint64_t messages) {
  write_(begin("dropped").add("peer", label).add("messages", messages).add("reason", "it is slow").whole());
}

/// One datagram may be too large for each of a thousand members, once its text is escaped.
void event_log::too_large(std::string_view label, std::size_t bytes) {
  if (!too_large_.allows(by_.now(), too_large_untold_)) return;
  if (const std::uint64_t untold = std::exchange(too_large_untold_, 0); untold > 0)
    write_(begin("more").add("messages", untold).add("reason", "no datagram holds them").whole());
  write_(begin("dropped")
             .add("peer", label)
             .add("messages", std::uint64_t{1})
             .add("reason", fmt::format("no datagram holds {} bytes", bytes))
             .whole());
}

}  // namespace ahoy::inline v0
