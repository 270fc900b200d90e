#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/secret.hpp>

#include <array>
#include <utility>

namespace ahoy::inline v0 {
namespace {

constexpr std::size_t longest_shown = 60;

// In the order of the enumeration, which begins with 1.
constexpr std::array<const char*, 11> words{
    "no cause",
    "unknown",
    "not an option of this verb",
    "its value is missing",
    "takes no value",
    "missing",
    "one word too many",
    "in the wrong place",
    "contradictory",
    "not in this version yet",
    "left out by --after-eof close",
};
static_assert(words.size() == static_cast<std::size_t>(usage_errc::left_out) + 1);

struct usage_category_type final : std::error_category {
  const char* name() const noexcept override { return "ahoy usage"; }
  std::string message(int value) const override {
    const bool known = value > 0 && static_cast<std::size_t>(value) < words.size();
    return words[known ? static_cast<std::size_t>(value) : 0];
  }
};

}  // namespace

const std::error_category& usage_category() noexcept {
  static const usage_category_type category;
  return category;
}

std::error_code make_error_code(usage_errc cause) noexcept {
  return {static_cast<int>(cause), usage_category()};
}

std::string quoted(std::string_view text) {
  const bool cut = text.size() > longest_shown;
  return "\"" + escape(text.substr(0, longest_shown)) + (cut ? "\"..." : "\"");
}

error usage_error(usage_errc cause, std::string_view what, std::string_view text, const std::string& hint) {
  return {cause, std::string(what), text.empty() ? std::string() : quoted(without_password(text)), hint};
}

}  // namespace ahoy::inline v0
