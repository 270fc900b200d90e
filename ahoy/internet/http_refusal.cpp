#include <ahoy/command/standard_streams.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/http_refusal.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t most_shown = std::size_t{64} * 1024;

}  // namespace

task<std::string> content_of_refusal(http_exchange& exchange) {
  std::string content;
  std::string piece{"-"};
  while (!piece.empty() && content.size() < most_shown) {
    try {
      piece = co_await exchange.receive();
    } catch (const error& why) {  // the refusal is what counts
      if (why.code() == std::errc::operation_canceled) throw;
      break;
    }
    content += piece;
  }
  content.resize(std::min(content.size(), most_shown));
  co_return content;
}

void show_refusal(std::string_view content) {
  if (content.empty()) return;
  write_to_stderr(escape_for_terminal(content) + (content.ends_with('\n') ? "" : "\n"));
}

std::string place_of_redirect(const http_answer& answer) {
  const std::string* where = answer.field("location");
  return where ? escape(*where) : "another place";
}

}  // namespace ahoy::inline v0
