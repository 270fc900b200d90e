#include <ahoy/handler/discard.hpp>

namespace ahoy::inline v0 {

task<> discard::serve(connection& peer) {
  for (;;) {
    bytes received = co_await peer.receive();
    if (received.empty()) break;
  }
}

}  // namespace ahoy::inline v0
