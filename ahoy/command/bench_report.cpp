#include <ahoy/command/bar_chart.hpp>
#include <ahoy/command/bench_report.hpp>
#include <ahoy/command/value_text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <thread>

namespace ahoy::inline v0 {
namespace {

using nlohmann::ordered_json;

constexpr std::array<book_row, 8> book{{
    {"a fork for each client", 20.90},
    {"preforked, each child accepts", 1.80},
    {"preforked, file lock around accept", 2.07},
    {"preforked, mutex around accept", 1.75},
    {"preforked, the parent passes descriptors", 2.58},
    {"a thread for each client", 0.99},
    {"prethreaded, mutex around accept", 1.93},
    {"prethreaded, the main thread accepts", 2.05},
}};
constexpr std::size_t kept = 15;  // as many children and threads as the book's servers keep

struct quantile_row {
  const char* name;
  double share;
};
constexpr std::array quantiles{quantile_row{"p50", 0.5}, quantile_row{"p99", 0.99},
                               quantile_row{"p99.9", 0.999}};

constexpr double milliseconds_shown = 1e3;

// std::round() would be all that the command wants of libm, which each start of it would then load.
double to_whole(double value) {
  constexpr double has_no_fraction = 1e15;
  if (!(std::abs(value) < has_no_fraction)) return value;  // nor has what is no number
  return static_cast<double>(static_cast<std::int64_t>(value + (value < 0 ? -0.5 : 0.5)));
}

// Without digits that mean nothing; what is nothing then has no sign.
double rounded(double value, double steps = 1e6) { return to_whole(value * steps) / steps; }

double seconds(duration length) { return std::chrono::duration<double>(length).count(); }
double microseconds(duration length) { return seconds(length) * 1e6; }

std::string time_text(duration length) {
  const double value = microseconds(length);
  if (value >= 1e6) return fmt::format("{:.2f} s", value / 1e6);
  return value >= 1e3 ? fmt::format("{:.2f} ms", value / 1e3) : fmt::format("{:.1f} us", value);
}

std::string_view unit_of(const bench_options& given) {
  return given.form == bench_form::exchange ? "exchanges" : "connections";
}

std::string plan_text(const bench_options& given) {
  const bool is_of_datagrams = given.to.type() == socket_type::datagram;
  if (given.form == bench_form::exchange)
    return fmt::format("{} {}{}, {} bytes each way, {} under way on each", given.connections,
                       is_of_datagrams ? "socket" : "connection", given.connections == 1 ? "" : "s",
                       given.size, given.depth);
  return fmt::format("{} at once, {} bytes each way", given.connections, given.size);
}

void add_plan(ordered_json& object, const bench_options& given) {
  object["connections"] = given.connections;
  object["size"] = given.size;
  object["depth"] = given.depth;
}

void add_result(ordered_json& object, const load_result& result, std::string_view unit) {
  object["seconds"] = rounded(seconds(result.took));
  object[std::string{unit}] = result.times.count();
  object["rate"] = to_whole(result.rate());
  for (const auto& [name, share] : quantiles)
    object[fmt::format("{}_us", name)] = rounded(microseconds(result.times.quantile(share)));
  object["max_us"] = rounded(microseconds(result.times.longest()));
  object["errors"] = result.errors;
}

std::string one_line(const ordered_json& object) { return object.dump() + "\n"; }

double above_iterative(const std::vector<model_result>& results, const model_result& of) {
  return seconds(of.processor) - seconds(results.front().processor);
}

std::string book_text(const measured_model& which) {
  if (!which.book) return "";
  const auto number = which.book - book.data() + 1;
  return fmt::format("{:5.2f}  {}, {}", which.book->seconds, number, which.book->design);
}

// Those that none of ours is.
std::string rest_of_book() {
  std::string text;
  for (const book_row& each : book) {
    const bool is_ours = std::ranges::any_of(measured_models(),
                                             [&](const measured_model& ours) { return ours.book == &each; });
    if (!is_ours) text += fmt::format("{}{} {:.2f}", text.empty() ? "" : "; ", each.design, each.seconds);
  }
  return text;
}

ordered_json book_json(const measured_model& which) {
  if (!which.book) return nullptr;
  ordered_json object = ordered_json::object();
  object["row"] = which.book - book.data() + 1;
  object["design"] = which.book->design;
  object["seconds"] = which.book->seconds;
  return object;
}

}  // namespace

const std::array<book_row, 8>& book_rows() noexcept { return book; }

const std::vector<measured_model>& measured_models() {
  static const std::vector<measured_model> all{
      {model::iterative, 0, nullptr},
      {model::process, 0, &book[0]},
      {model::process, kept, &book[4]},
      {model::thread, 0, &book[5]},
      {model::thread, kept, &book[7]},
      {model::event, 0, nullptr},
      {model::event, std::max(2U, std::thread::hardware_concurrency()), nullptr},
  };
  return all;
}

std::string name_of(const measured_model& which) {
  const auto name = std::string{to_string(which.model)};
  return which.workers == 0 ? name : fmt::format("{}, {} workers", name, which.workers);
}

std::string bench_text(const bench_options& given, const load_result& result) {
  std::string text = fmt::format("{}: {}\n", given.to.to_string(), plan_text(given));
  const auto add = [&](std::string_view what, const std::string& how) {
    text += fmt::format("  {:<8}{}\n", what, how);
  };
  add("rate", fmt::format("{:.0f} {} a second: {} in {:.2f} s", result.rate(), unit_of(given),
                          result.times.count(), seconds(result.took)));
  for (const auto& [name, share] : quantiles) add(name, time_text(result.times.quantile(share)));
  add("max", time_text(result.times.longest()));
  add("errors", std::to_string(result.errors));
  return text;
}

std::string bench_json(const bench_options& given, const load_result& result, int status) {
  ordered_json object = ordered_json::object();
  object["endpoint"] = given.to.to_string();
  add_plan(object, given);
  add_result(object, result, unit_of(given));
  object["status"] = status;
  return one_line(object);
}

std::string bench_chart(const bench_options& given, const load_result& result) {
  std::vector<chart_bar> bars;
  const auto add = [&](const char* name, duration time) {
    bars.push_back({name, microseconds(time), time_text(time), ""});
  };
  for (const auto& [name, share] : quantiles) add(name, result.times.quantile(share));
  add("max", result.times.longest());
  return bar_chart(fmt::format("{}: {:.0f} {} a second", given.to.to_string(), result.rate(), unit_of(given)),
                   plan_text(given), bars);
}

std::string models_text(const bench_options& given, const std::vector<model_result>& results) {
  std::string text = fmt::format("{} connections under each model; {}\n", given.count, plan_text(given));
  text += fmt::format("{:<20}{:>11}{:>11}{:>11}{:>8}  {}\n", "", "per second", "CPU s", "above it.", "errors",
                      " UNP s, its row");
  for (const model_result& each : results)
    text += fmt::format("{:<20}{:>11.0f}{:>11.3f}{:>11.3f}{:>8}   {}\n", name_of(*each.of), each.load.rate(),
                        seconds(each.processor), rounded(above_iterative(results, each), milliseconds_shown),
                        each.load.errors, book_text(*each.of));
  std::string lines;
  for (std::string_view rest = text; !rest.empty();) {  // a row without a partner in the book ends early
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    lines += fmt::format("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  }
  return lines + fmt::format("UNP has besides: {}\n", rest_of_book());
}

std::string models_json(const bench_options& given, const std::vector<model_result>& results, int status) {
  ordered_json object = ordered_json::object();
  object["count"] = given.count;
  add_plan(object, given);
  object["models"] = ordered_json::array();
  for (const model_result& each : results) {
    ordered_json row = ordered_json::object();
    row["model"] = to_string(each.of->model);
    row["workers"] = each.of->workers;
    add_result(row, each.load, "connections");
    row["processor"] = rounded(seconds(each.processor));
    row["above_iterative"] = rounded(above_iterative(results, each));
    row["book"] = book_json(*each.of);
    object["models"].push_back(std::move(row));
  }
  object["status"] = status;
  return one_line(object);
}

std::string models_chart(const bench_options& given, const std::vector<model_result>& results) {
  std::vector<chart_bar> bars;
  std::vector<std::string> kept_texts(results.size());
  for (std::size_t at = 0; at < results.size(); ++at) {
    const model_result& each = results[at];
    const double above = rounded(above_iterative(results, each), milliseconds_shown);
    chart_bar bar{name_of(*each.of), above, fmt::format("{:.3f} s", above), ""};
    if (each.of->book) {
      kept_texts[at] = fmt::format("UNP: {:.2f} s", each.of->book->seconds);
      bar.against = kept_texts[at];
      bar.reference = each.of->book->seconds;
    }
    bars.push_back(std::move(bar));
  }
  return bar_chart(
      "Process control: processor time above the iterative server",
      fmt::format("{} connections; {}; UNP's bars have a scale of their own", given.count, plan_text(given)),
      bars);
}

}  // namespace ahoy::inline v0
