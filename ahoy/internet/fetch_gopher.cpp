#include <ahoy/address/ascii.hpp>
#include <ahoy/command/json.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/fetch_job.hpp>
#include <ahoy/protocol/gopher.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

bool is_menu(const gopher_path& path) { return path.type == '1' || path.type == '7'; }

/// What is where the menu came from comes as the menu did.
std::string url_of(const gopher_item& item, const endpoint& asked) {
  const bool is_there = lower(item.host) == lower(asked.host.text()) && ahoy::port(item.port) == asked.port;
  return item.url(is_there ? asked.scheme : scheme::gopher);
}

std::string line_of(const gopher_item& item, const fetch_options& given) {
  const std::string url = url_of(item, given.to);
  if (given.json) {
    json_row row;
    row.add("type", std::string_view{&item.type, 1}).add("kind", item.kind());
    return row.add("title", item.title).add("url", url).line();
  }
  if (item.type == 'i') return fmt::format("{:10}{}\n", "", escape(item.title));
  return fmt::format("{:<10}{:<40}{}{}\n", item.kind(), escape(item.title), url.empty() ? "" : "  ",
                     escape(url));
}

task<> fetch_menu(fetch_job& job, gopher_exchange& exchange) {
  gopher_menu_reader reader;
  for (;;) {
    const std::string piece = co_await exchange.receive();
    if (piece.empty()) break;
    for (const gopher_item& each : reader.take(piece)) {
      const std::string line = line_of(each, job.given);
      co_await job.to.write(line);
    }
  }
  const auto last = reader.finish();
  if (!last) co_return;
  const std::string line = line_of(*last, job.given);
  co_await job.to.write(line);
}

}  // namespace

task<> fetch_gopher(fetch_job& job) {
  const gopher_path path = read_gopher_path(job.given.to.path);
  check_json(job.given, is_menu(path));
  gopher_exchange exchange{job.by, url_of(job.given), job.given.search, job.access};
  if (is_menu(path)) {
    co_await fetch_menu(job, exchange);
    co_return;
  }
  for (;;) {
    const std::string piece = co_await exchange.receive();
    if (piece.empty()) break;
    co_await job.to.write(piece);
  }
}

}  // namespace ahoy::inline v0
