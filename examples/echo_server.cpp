#include <ahoy/ahoy.hpp>

struct echo_back {
  ahoy::task<> serve(ahoy::connection& peer) {
    for (;;) {
      auto bytes = co_await peer.receive();
      if (bytes.empty()) break;
      co_await peer.send(bytes);
    }
  }
};
int main() { ahoy::server{"tcp://:23456", echo_back{}, {.model = ahoy::model::event}}.run(); }
