#include <ahoy/ahoy.hpp>
#include <ahoy/protocol/http.hpp>

#include <iostream>

ahoy::task<> fetch(ahoy::engine& by, std::string url) {
  ahoy::http_exchange exchange{by, ahoy::http_request{url}, ahoy::transfer_options{}};
  const ahoy::http_answer* answer = co_await exchange.answer();
  check(*answer, url);  // throws for 400 and above
  for (;;) {
    const std::string piece = co_await exchange.receive();
    if (piece.empty()) break;
    std::cout << piece;
  }
}

int main(int count, char** words) try {
  const auto engine = ahoy::make_engine();
  engine->run(fetch(*engine, count > 1 ? words[1] : "http://localhost/"));
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n' << e.hint() << '\n';
  return 1;
}
