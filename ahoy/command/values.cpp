#include <ahoy/command/values.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <system_error>

namespace ahoy::inline v0 {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array duration_units{unit{"ms", 1'000'000}, unit{"s", 1'000'000'000},
                                    unit{"m", 60'000'000'000}, unit{"h", 3'600'000'000'000}};
constexpr std::array size_units{unit{"", 1},        unit{"k", 1 << 10}, unit{"K", 1 << 10},
                                unit{"m", 1 << 20}, unit{"M", 1 << 20}, unit{"g", 1 << 30},
                                unit{"G", 1 << 30}};
constexpr auto longest = static_cast<std::uint64_t>(longest_duration.count());

constexpr std::string_view duration_hint =
    "write a number and ms, s, m or h, as in 500ms, 1.5s or 1m; or none";
constexpr std::string_view size_hint = "write a number of bytes, or one with k, m or g, as in 64k or 1m";

/// One value that is being read; refuses it in the words of its own option.
class reading {
 public:
  reading(std::string_view name, std::string_view text) : name_(name), text_(text), rest_(text) {}

  [[nodiscard]] std::string_view rest() const { return rest_; }

  [[noreturn]] void refuse(errc cause, std::string_view hint) const {
    throw unreadable(name_, text_, std::string(hint), cause);
  }

  std::string_view digits() {
    const auto end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const auto found = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return found;
  }

  bool skip(char expected) {
    const bool there = rest_.starts_with(expected);
    if (there) rest_.remove_prefix(1);
    return there;
  }

  template <std::size_t Size>
  std::uint64_t factor(const std::array<unit, Size>& units, std::string_view hint) const {
    auto found = std::ranges::find(units, rest_, &unit::name);
    if (found == units.end()) refuse(errc::malformed, hint);
    return found->factor;
  }

 private:
  std::string_view name_, text_, rest_;
};

/// digits * factor, or nothing where that is over `most`. There is at least one digit.
std::optional<std::uint64_t> product(std::string_view digits, std::uint64_t factor, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ec != std::errc() || value > most / factor) return std::nullopt;
  return value * factor;
}

/// What the digits after the point are worth, or nothing where that is finer than a nanosecond.
std::optional<std::uint64_t> fraction(std::string_view digits, std::uint64_t factor) {
  std::uint64_t value = 0;
  for (const char digit : digits) {
    if (factor % 10 != 0 && digit != '0') return std::nullopt;
    factor /= 10;
    value += factor * static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view name, std::string_view text) {
  if (text == "none") return std::nullopt;
  reading read(name, text);
  const auto whole = read.digits();
  const bool point = read.skip('.');
  const auto part = point ? read.digits() : std::string_view();
  if (whole.empty() || point == part.empty()) read.refuse(errc::malformed, duration_hint);
  if (read.rest().empty())
    read.refuse(errc::malformed, fmt::format("the unit is missing: say {0}s, or {0}ms", text));
  const auto factor = read.factor(duration_units, duration_hint);
  const auto below = fraction(part, factor);
  if (!below) read.refuse(errc::out_of_range, "nothing finer than a nanosecond is measured");
  const auto above = product(whole, factor, longest);
  if (!above || *above + *below > longest)
    read.refuse(errc::out_of_range,
                fmt::format("the longest is {}h; none is no limit", longest / duration_units.back().factor));
  return std::chrono::nanoseconds(*above + *below);
}

std::uint64_t parse_size(std::string_view name, std::string_view text, std::uint64_t least,
                         std::uint64_t most) {
  reading read(name, text);
  const auto digits = read.digits();
  if (digits.empty()) read.refuse(errc::malformed, size_hint);
  const auto value = product(digits, read.factor(size_units, size_hint), most);
  if (!value || *value < least)
    read.refuse(errc::out_of_range, fmt::format("{} to {} bytes are possible", least, most));
  return *value;
}

std::int64_t parse_integer(std::string_view name, std::string_view text, std::int64_t least,
                           std::int64_t most) {
  const reading read(name, text);
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto hint = fmt::format("write a number from {} to {}", least, most);
  if (failure == std::errc::invalid_argument || end != text.data() + text.size())
    read.refuse(errc::malformed, hint);
  if (failure != std::errc() || value < least || value > most) read.refuse(errc::out_of_range, hint);
  return value;
}

}  // namespace ahoy::inline v0
