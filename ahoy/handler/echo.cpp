#include <ahoy/handler/echo.hpp>

namespace ahoy::inline v0 {

task<> echo::serve(connection& peer) {
  for (;;) {
    bytes received = co_await peer.receive();
    if (received.empty()) break;
    co_await peer.send(received);
  }
}

}  // namespace ahoy::inline v0
