#include <ahoy/ahoy.hpp>

#include <iostream>

struct echo_back {
  ahoy::task<> serve(ahoy::connection& peer) {
    for (;;) {
      auto bytes = co_await peer.receive();
      if (bytes.empty()) break;
      co_await peer.send(bytes);
    }
  }
};
int main() try {
  // what became of whom, a handler that threw among it
  ahoy::set_log([](ahoy::log_level, std::string_view line) { std::cerr << line << '\n'; });
  ahoy::server{"tcp://:23456", echo_back{}, {.model = ahoy::model::event}}.run();
} catch (const ahoy::error& e) {  // the port is taken, say
  std::cerr << e.what() << '\n';
  return 1;
}
