#include <ahoy/connection/carry.hpp>
#include <ahoy/task/scope.hpp>

namespace ahoy::inline v0 {

task<> carry_all(connection& from, connection& to) {
  for (;;) {
    bytes received = co_await from.receive();
    if (received.empty()) break;
    co_await to.send(received);
  }
}

task<> carry_one_way(connection& from, connection& to) {
  co_await carry_all(from, to);
  to.shutdown_send();
  co_await to.until_sent();  // over TLS an end is words
}

task<> carry(connection& one, connection& other) {
  co_await when_all(tasks(carry_one_way(one, other), carry_one_way(other, one)));
}

}  // namespace ahoy::inline v0
