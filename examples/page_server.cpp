// A handler that fetches: whoever calls says the path of a page, and gets it from a web server. While one
// caller's page is awaited all others are served, under every model:
//   page_server ENDPOINT http://HOST:PORT MODEL      for example: page_server tcp://:23456
//   http://localhost:8080 event
#include <ahoy/ahoy.hpp>
#include <ahoy/protocol/http.hpp>

#include <iostream>
#include <string>

namespace {

struct page_server {
  std::string web;

  ahoy::task<> serve(ahoy::connection& caller) {
    ahoy::channel lines{caller, ahoy::framing::line};
    for (;;) {
      const auto path = co_await lines.receive();
      if (!path) break;
      co_await hand_on(caller, web + path->text);
    }
  }

  // What fails ends the conversation with this caller, and with no other.
  static ahoy::task<> hand_on(ahoy::connection& caller, std::string url) {
    ahoy::http_exchange exchange{caller.engine(), ahoy::http_request{url}, ahoy::transfer_options{}};
    const ahoy::http_answer* answer = co_await exchange.answer();
    check(*answer, url);
    for (;;) {
      const std::string piece = co_await exchange.receive();
      if (piece.empty()) break;
      co_await caller.send(piece);
    }
  }
};

// Says where it listens.
struct announcer : ahoy::observer {
  void listening(ahoy::scheme, const ahoy::address& on) override { std::cout << on.to_string() << std::endl; }
};

}  // namespace

int main(int count, char** words) try {
  if (count != 4) return std::cerr << "usage: page_server ENDPOINT http://HOST:PORT MODEL\n", 2;
  announcer told;
  ahoy::server server{words[1], page_server{words[2]}, {.model = ahoy::parse_model(words[3])}};
  server.set_observer(told);
  server.run();
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
