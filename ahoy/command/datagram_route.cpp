#include <ahoy/command/datagram_route.hpp>
#include <ahoy/engine/attempt.hpp>
#include <ahoy/error/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <exception>
#include <span>
#include <utility>

namespace ahoy::inline v0 {

namespace {

std::string listed(std::span<const address> these) {
  std::vector<std::string> words;
  for (const address& each : these) words.push_back(each.to_string());
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

datagram_route::datagram_route(engine& by, std::vector<address> found, std::optional<address> source)
    : by_{by}, found_{std::move(found)}, source_{source} {
  std::exception_ptr first;
  while (tried_.empty() && next_ < found_.size()) {
    try {
      open_next();
    } catch (const error&) {
      if (!first) first = std::current_exception();
    }
  }
  if (tried_.empty()) std::rethrow_exception(first);
}

void datagram_route::open_next() {
  const address& to = found_[next_++];
  std::optional<address> from = source_;
  if (from && from->is_any()) from = address::any(to.family(), from->port());
  tried_.push_back(datagram_socket::to(by_, to, from));
}

bool datagram_route::move_on(std::string_view unheard) {
  while (next_ < found_.size()) {
    try {
      open_next();
    } catch (const error&) {  // no way there: what became of those before is what there is to tell
      continue;
    }
    if (sends(unheard)) return true;
  }
  return false;
}

/// A new socket has room, so that this waits for nothing.
bool datagram_route::sends(std::string_view unheard) {
  send_to_operation sending{&socket().native(), unheard, socket().peer()};
  return attempt(sending, by_.buffers(), patience::none) && sending.error == 0;
}

std::string datagram_route::in_words() const {
  const std::span<const address> all{found_};
  if (all.size() < 2) return {};
  const std::string tried = "tried " + listed(all.first(next_));
  if (next_ == all.size()) return tried + ": check the host and the port";
  return fmt::format("{}; the name has {} too: call that address, or choose a family with -4 or -6", tried,
                     listed(all.subspan(next_)));
}

}  // namespace ahoy::inline v0
