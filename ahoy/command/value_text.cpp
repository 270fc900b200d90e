#include <ahoy/command/value_text.hpp>

#include <fmt/format.h>

#include <array>

namespace ahoy::inline v0 {
namespace {

struct unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr std::array durations{unit{"h", 3'600'000'000'000}, unit{"m", 60'000'000'000},
                               unit{"s", 1'000'000'000}, unit{"ms", 1'000'000}};
constexpr std::array sizes{unit{"g", 1 << 30}, unit{"m", 1 << 20}, unit{"k", 1 << 10}};

constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";

}  // namespace

std::string duration_text(duration length) {
  if (length == no_timeout) return "none";
  const auto nanoseconds = std::chrono::nanoseconds(length).count();
  if (nanoseconds == 0) return "0s";
  for (const auto& [name, factor] : durations)
    if (nanoseconds % factor == 0) return fmt::format("{}{}", nanoseconds / factor, name);
  auto text = fmt::format("{}.{:09}", nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000);
  return text.erase(text.find_last_not_of('0') + 1) + "s";
}

std::string size_text(std::uint64_t bytes) {
  for (const auto& [name, factor] : sizes)
    if (bytes != 0 && bytes % static_cast<std::uint64_t>(factor) == 0)
      return fmt::format("{}{}", bytes / static_cast<std::uint64_t>(factor), name);
  return std::to_string(bytes);
}

std::string quoted_word(std::string_view word) {
  if (!word.empty() && word.find_first_not_of(plain) == word.npos) return std::string(word);
  std::string text = "'";
  for (const char byte : word) text += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return text + "'";
}

}  // namespace ahoy::inline v0
