#include <ahoy/handler/time.hpp>
#include <ahoy/message/timestamp.hpp>

namespace ahoy::inline v0 {

task<> time::serve(connection& peer) {
  const std::string line = timestamp(peer.engine().time_of_day()) + "\n";
  co_await peer.send(line);
}

}  // namespace ahoy::inline v0
