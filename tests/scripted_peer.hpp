#pragma once
#include <ahoy/connection/connection.hpp>
#include <ahoy/task/task.hpp>

#include <string>
#include <utility>
#include <vector>

namespace ahoy_test {

/// What is expected of the client, without the last line's end, and what it is answered. An empty
/// expectation: nothing.
using script = std::vector<std::pair<std::string, std::string>>;

/// Plays the server of a dialogue; what the client says otherwise is told in `wrong`.
inline ahoy::task<> play(ahoy::connection& to, const script& lines, std::string& wrong) {
  std::string heard;
  for (const auto& [expected, reply] : lines) {
    const std::size_t size = expected.empty() ? 0 : expected.size() + 2;
    while (heard.size() < size) {
      const ahoy::bytes come = co_await to.receive();
      if (come.empty()) {
        wrong += "ended instead of: " + expected + "\n";
        co_return;
      }
      heard += come.text();
    }
    const std::string said = heard.substr(0, size);
    heard.erase(0, said.size());
    if (!expected.empty() && said != expected + "\r\n") wrong += said + " instead of: " + expected + "\n";
    if (!reply.empty()) co_await to.send(reply);
  }
  wrong += heard;
}

}  // namespace ahoy_test
