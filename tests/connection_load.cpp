// Callers at a steady rate: each connects, says a line, hears it again, ends its half and awaits the server's
// end. Those to whom anything else happens are counted by what that was. What is said is said PAUSE
// milliseconds after the connection, so that some are always in the middle of it. usage: connection_load
// ENDPOINT RATE [PAUSE]; when its input ends, no more are begun, and it prints one JSON object. A tls
// endpoint's certificate is believed.
#include <ahoy/ahoy.hpp>
#include <ahoy/connection/tls.hpp>
#include <ahoy/task/scope.hpp>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr ahoy::duration patience = std::chrono::seconds{20};

struct results {
  std::size_t begun = 0, served = 0;
  std::map<std::string, std::size_t> failures;  // by cause
  std::vector<double> milliseconds;
};

struct load {
  ahoy::engine& by;
  ahoy::endpoint to;
  ahoy::connect_options how;
  ahoy::duration pause;
  results all = {};
  double seconds = 0;
};

ahoy::task<std::string> hear(ahoy::connection& from, std::size_t size) {
  std::string heard;
  while (heard.size() < size) {
    auto piece = co_await from.receive();
    if (piece.empty()) break;
    heard += piece.text();
  }
  co_return heard;
}

ahoy::task<> converse(load& in, std::string line) {
  auto peer = co_await ahoy::connect(in.by, in.to, in.how);
  peer->set_timeout(patience);
  if (in.pause > ahoy::duration::zero()) co_await in.by.sleep(in.pause);
  co_await peer->send(line);
  const std::string heard = co_await hear(*peer, line.size());
  peer->shutdown_send();
  const std::string rest = co_await hear(*peer, 1);
  if (heard != line) ++in.all.failures[heard.empty() ? "the end, and no answer" : "another answer"];
  if (!rest.empty()) ++in.all.failures["more than the answer"];
  in.all.served += heard == line && rest.empty() ? 1 : 0;
}

ahoy::task<> call(load& in, std::size_t number) {
  const auto begun = std::chrono::steady_clock::now();
  std::string failure;
  try {
    co_await converse(in, "caller " + std::to_string(number) + "\n");
  } catch (const ahoy::error& why) {
    failure = why.verb() + ": " + ahoy::cause_in_words(why.code());
  }
  if (!failure.empty()) ++in.all.failures[failure];
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
  in.all.milliseconds.push_back(took.count());
}

ahoy::task<> await_end(ahoy::engine& by, bool& is_over) {
  ahoy::descriptor input{by, ahoy::fd::duplicate(STDIN_FILENO)};
  co_await by.ready(input, POLLIN);
  is_over = true;
}

ahoy::task<> call_all(load& in, double rate) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope callers{here};
  bool is_over = false;
  callers.start(await_end(in.by, is_over));
  const auto begin = std::chrono::steady_clock::now();
  while (!is_over) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    const auto due = static_cast<std::size_t>(passed.count() * rate) + 1;
    while (in.all.begun < due) callers.start(call(in, in.all.begun++));
    co_await in.by.sleep(std::chrono::milliseconds{1});
  }
  in.seconds = std::chrono::duration<double>{std::chrono::steady_clock::now() - begin}.count();
  co_await callers.join();
}

void print(results& all, double seconds) {
  std::ranges::sort(all.milliseconds);
  const auto at = [&](double part) {
    const auto place = static_cast<std::size_t>(part * static_cast<double>(all.milliseconds.size() - 1));
    return all.milliseconds.empty() ? 0 : all.milliseconds[place];
  };
  std::string failures;
  for (const auto& [why, count] : all.failures)
    failures += (failures.empty() ? "\"" : ", \"") + why + "\": " + std::to_string(count);
  std::printf(
      "{\"begun\": %zu, \"served\": %zu, \"failures\": {%s}, \"seconds\": %.1f, \"rate\": %.0f, \"p50\": "
      "%.2f, "
      "\"p99\": %.2f, \"most\": %.2f}\n",
      all.begun, all.served, failures.c_str(), seconds, static_cast<double>(all.begun) / seconds, at(0.5),
      at(0.99), at(1));
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  const auto by = ahoy::make_engine(ahoy::engine_choice::epoll);
  load in{*by,
          ahoy::endpoint::parse(words[1]),
          {},
          std::chrono::milliseconds{count > 3 ? std::atoi(words[3]) : 0}};
  ahoy::tls_options believing;
  believing.insecure = true;
  if (in.to.scheme == ahoy::scheme::tls) in.how.tls = ahoy::make_tls_client(believing);
  in.how.timeout = patience;
  by->run(call_all(in, std::atof(words[2])));
  print(in.all, in.seconds);
  return in.all.served == in.all.begun ? 0 : 1;
}
