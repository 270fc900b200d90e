#include <ahoy/engine/blocking.hpp>
#include <ahoy/engine/epoll.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/unreadable.hpp>

namespace ahoy::inline v0 {

engine_choice parse_engine_choice(std::string_view text) {
  if (text == "auto") return engine_choice::automatic;
  if (text == "epoll") return engine_choice::epoll;
  throw unreadable("engine", text, "say auto or epoll");
}

std::unique_ptr<engine> make_engine(engine_choice which) {
  if (which == engine_choice::blocking) return std::make_unique<blocking_engine>();
  return std::make_unique<epoll_engine>();
}

}  // namespace ahoy::inline v0
