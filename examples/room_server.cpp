// A room: what one caller says, all others are told. Over streams and datagrams alike:
//   room_server ENDPOINT...        for example: room_server tcp://localhost:23456 udp://localhost:23456
#include <ahoy/ahoy.hpp>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <vector>

namespace {

// What is said is also shown here, escaped, since it comes from outside.
struct shown : ahoy::transcript {
  ahoy::task<> heard(const ahoy::connection& from, const ahoy::message& said) override {
    std::cout << from.label() << " says: " << ahoy::escape(said.text) << std::endl;
    co_return;
  }
};

// What a signal stops: whoever is here may finish, and a second one cuts them.
ahoy::server* serving = nullptr;
void stop(int) { serving->stop(); }
void at_end_signals(void (*what)(int)) {
  for (const int each : {SIGINT, SIGTERM})
    if (std::signal(each, what) == SIG_ERR) std::perror("signal");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) return std::cerr << "usage: room_server ENDPOINT...\n", 2;
  std::vector<ahoy::endpoint> on;
  for (int i = 1; i < argc; ++i) on.push_back(ahoy::endpoint::parse_for_listen(argv[i]));

  shown transcript;
  ahoy::observer silent;  // its functions are told who comes and goes
  auto room = std::make_unique<ahoy::relay>(ahoy::gathering_options{}, transcript, silent);
  ahoy::server server{on, std::move(room)};
  serving = &server;
  at_end_signals(stop);
  server.run();
  at_end_signals(SIG_DFL);  // there is nothing left to stop
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n';
  if (!e.hint().empty()) std::cerr << e.hint() << '\n';
  return 1;
}
