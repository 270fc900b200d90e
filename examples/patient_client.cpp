// A client as a coroutine: says a line, and waits two seconds at most for the line that answers it, while a
// second coroutine shows that time passes.
//   patient_client ENDPOINT [LINE]        for example: patient_client tcp://localhost:23456
#include <ahoy/ahoy.hpp>

#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;

// What the coroutines use, main owns: it outlives them.
ahoy::task<> ask(ahoy::engine& by, const ahoy::endpoint& to, const std::string& line) {
  auto peer = co_await ahoy::connect(by, to);
  ahoy::channel lines{*peer, ahoy::framing::line};
  co_await lines.send(line);
  auto answer = co_await ahoy::with_deadline(by.now() + 2s, lines.receive());
  std::cout << (answer ? ahoy::escape(answer->text) : "(the end)") << std::endl;
  co_await ahoy::farewell(*peer, 1s);
}

ahoy::task<> show_time(ahoy::engine& by) {
  for (;;) {
    co_await by.sleep(500ms);
    std::cerr << "waiting\n";
  }
}

// Ends when one of them does; what one of them throws is thrown here.
ahoy::task<> run(ahoy::engine& by, const ahoy::endpoint& to, const std::string& line) {
  co_await ahoy::when_any(ahoy::tasks(ask(by, to, line), show_time(by)));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) return std::cerr << "usage: patient_client ENDPOINT [LINE]\n", 2;
  auto to = ahoy::endpoint::parse(argv[1]);
  std::string line = argc > 2 ? argv[2] : "hello";
  auto engine = ahoy::make_engine();
  engine->run(run(*engine, to, line));
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n';
  if (!e.hint().empty()) std::cerr << e.hint() << '\n';
  return 1;
}
