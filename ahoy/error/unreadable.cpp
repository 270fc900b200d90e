#include <ahoy/error/escape.hpp>
#include <ahoy/error/secret.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fmt/format.h>

#include <utility>

namespace ahoy::inline v0 {

error unreadable(std::string_view what, std::string_view text, const std::string& hint, errc cause) {
  return {cause, fmt::format("read {}", what), fmt::format("\"{}\"", escape(without_password(text))), hint};
}

}  // namespace ahoy::inline v0
