#include <ahoy/command/json.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/message/base64.hpp>
#include <ahoy/message/timestamp.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace ahoy::inline v0 {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// In the order of the enum.
constexpr std::array event_names{"message", "join", "leave", "drop", "busy"};
constexpr std::array request_members{"to", "text", "data"};

// JSON's own escapes leave DEL, C1 and bidirectional marks alone; where one is in it, the line is written in
// ASCII.
std::string in_one_line(const ordered_json& object) {
  constexpr auto replace = ordered_json::error_handler_t::replace;
  auto line = object.dump(-1, ' ', false, replace);
  if (escape_controls(line) != line) line = object.dump(-1, ' ', true, replace);
  return line;
}

std::string one_line(const ordered_json& object) { return in_one_line(object) + '\n'; }

void add_text(ordered_json& object, const char* member, std::string_view text) {
  if (valid_utf8(text))
    object[member] = text;
  else
    object["data"] = base64_encoded(text);
}

[[noreturn]] void refuse(const std::string& hint) {
  throw error(errc::malformed, "read JSON line", "", hint);
}

// Looks at a line while it is parsed: refuses early what is no object of strings, however long or deep, and a
// name that is there twice, of which the object would quietly keep the last.
class member_check {
 public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::key) check(parsed.get_ref<const std::string&>());
    if (event == json::parse_event_t::array_start && depth == 0) refuse("an object is expected, not array");
    const bool starts =
        event == json::parse_event_t::array_start || event == json::parse_event_t::object_start;
    if (starts && depth > 0) refuse("every member must be a string");
    return true;
  }

 private:
  void check(const std::string& name) {
    const bool known = std::ranges::find(request_members, name) != request_members.end();
    if (!known) refuse(fmt::format("\"{}\" is not known here: the members are to, text and data", name));
    if (!seen_.insert(name).second) refuse(fmt::format("\"{}\" is there twice", name));
  }

  std::set<std::string> seen_;
};

json parse_object(std::string_view line) {
  json parsed;
  try {
    parsed = json::parse(line, member_check());
  } catch (const json::parse_error& failure) {
    refuse(
        fmt::format("not JSON, at byte {}; a line is {{\"to\":\"NAME\",\"text\":\"TEXT\"}}, and without to "
                    "it goes to all",
                    failure.byte));
  }
  if (!parsed.is_object()) refuse(fmt::format("an object is expected, not {}", parsed.type_name()));
  return parsed;
}

std::optional<std::string> take_string(json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end()) return std::nullopt;
  if (!found->is_string()) refuse(fmt::format("\"{}\" must be a string, not {}", member, found->type_name()));
  return std::move(found->get_ref<std::string&>());
}

std::string said(std::optional<std::string> text, const std::optional<std::string>& data) {
  if (text.has_value() == data.has_value())
    refuse(text ? "\"text\" and \"data\" cannot both be there" : "\"text\" is missing");
  if (text) return std::move(*text);
  auto bytes = base64_decoded_strictly(*data);
  if (!bytes) refuse("\"data\" is not base64 (RFC 4648, section 4, with padding)");
  return std::move(*bytes);
}

}  // namespace

std::string json_line(json_event event, std::chrono::system_clock::time_point when, std::string_view from,
                      std::string_view text) {
  ordered_json object = ordered_json::object();
  object["time"] = timestamp(when);
  object["event"] = event_names[static_cast<std::size_t>(event)];
  object["from"] = from;
  add_text(object, "text", text);
  return one_line(object);
}

std::string json_line(const send_report& report) {
  ordered_json object = ordered_json::object();
  object["sent"] = report.sent;
  object["acknowledged"] = report.acknowledged ? ordered_json(*report.acknowledged) : ordered_json();
  object["confirm"] = report.confirm;
  object["status"] = report.status;
  if (report.reply)
    add_text(object, "reply", *report.reply);
  else
    object["reply"] = nullptr;
  return one_line(object);
}

json_request::json_request(std::optional<std::string> name, std::string bytes)
    : to(std::move(name)), text(std::move(bytes)) {}

json_request parse_json_line(std::string_view line) {
  auto object = parse_object(line);
  auto to = take_string(object, "to");
  if (to && to->empty()) refuse("\"to\" is empty: leave it out to speak to all");
  auto text = take_string(object, "text");
  return json_request(std::move(to), said(std::move(text), take_string(object, "data")));
}

void json_row::begin_member(std::string_view name) {
  line_ += line_.empty() ? "{\"" : ",\"";
  line_ += name;
  line_ += "\":";
}

json_row& json_row::add(std::string_view name, std::string_view text) {
  begin_member(name);
  // Of a long list most needs no library.
  if (std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }))
    line_.append(1, '"').append(text).append(1, '"');
  else
    line_ += in_one_line(ordered_json(text));
  return *this;
}

json_row& json_row::add(std::string_view name, std::uint64_t number) {
  begin_member(name);
  line_ += fmt::format_int(number).c_str();
  return *this;
}

std::string json_row::line() const { return (line_.empty() ? "{" : line_) + "}\n"; }

}  // namespace ahoy::inline v0
