#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// The lines of --json. Each is one object on one line, ended by LF, in UTF-8. What a terminal might obey or
// hide (controls, bidirectional marks) is written as \uXXXX, so a line may be shown as it is.

enum class json_event { message, join, leave, drop, busy };

/// What happened in a conversation: `{"time":…,"event":…,"from":…,"text":…}`, always with these four, in this
/// order; text that is not UTF-8 is `"data"` in base64 instead. `from` is the label; `text` is what was said,
/// or, of other events, what there is to say about it.
[[nodiscard]] std::string json_line(json_event event, std::chrono::system_clock::time_point when,
                                    std::string_view from, std::string_view text);

/// What `send` has to tell. Numbers are bytes of messages.
struct send_report {
  send_report(std::uint64_t handed_over, std::optional<std::uint64_t> known_acknowledged,
              std::string_view confirmation, int exit_status, std::optional<std::string_view> answer)
      : sent(handed_over),
        acknowledged(known_acknowledged),
        confirm(confirmation),
        status(exit_status),
        reply(answer) {}

  std::uint64_t sent;
  std::optional<std::uint64_t> acknowledged;  ///< nothing: not known
  std::string_view confirm;                   ///< the strongest confirmation that was given
  int status;                                 ///< as the command exits
  std::optional<std::string_view> reply;      ///< nothing: none came
};

/// `{"sent":…,"acknowledged":…,"confirm":…,"status":…,"reply":…}`; null stands for nothing. A reply that is
/// not UTF-8 is
/// `"data"` in base64 instead.
[[nodiscard]] std::string json_line(const send_report& report);

/// A line that was read: what to say, and to whom.
struct json_request {
  explicit json_request(std::optional<std::string> name, std::string bytes);
  friend bool operator==(const json_request&, const json_request&) = default;

  std::optional<std::string> to;  ///< nothing: all
  std::string text;
};

/// Reads `{"to":…,"text":…}`, `to` being optional, or with `"data"` in base64 for `text`. Everything else
/// throws ahoy::error (malformed), whose hint says what is wrong: an unknown or repeated member too, since a
/// mistyped "to" must not make a word to one a word to all.
[[nodiscard]] json_request parse_json_line(std::string_view line);

/// A row of a list: an object, member by member, in their order. Bytes that are not UTF-8 become U+FFFD.
class json_row {
 public:
  json_row& add(std::string_view name, std::string_view text);
  json_row& add(std::string_view name, std::uint64_t number);
  [[nodiscard]] std::string line() const;

 private:
  void add_written(std::string_view name, std::string_view value);
  std::string members_;
};

}  // namespace ahoy::inline v0
