#include <ahoy/handler/greet.hpp>

namespace ahoy::inline v0 {

task<> greet::serve(connection& peer) { co_await peer.send(greeting_); }

}  // namespace ahoy::inline v0
