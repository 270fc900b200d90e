#include <ahoy/handler/discard.hpp>

namespace ahoy::inline v0 {

task<> discard::serve(connection& peer) {
  for (;;) {
    const std::optional<std::size_t> discarded = co_await peer.discard();
    if (!discarded) break;
  }
}

}  // namespace ahoy::inline v0
