#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/hint.hpp>

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace ahoy::inline v0 {
namespace {

constexpr std::array words{
    "unknown cause",
    "host not found",
    "service not found",
    "malformed",
    "out of range",
    "too long",
    "the peer broke the protocol",
    "the stream ended inside a message",
    "the name servers did not answer",
    "too slow",
    "refused",
    "login refused",
    "not there",
    "the certificate is not trusted",
    "no TLS was agreed on",
};

struct ahoy_category final : std::error_category {
  const char* name() const noexcept override { return "ahoy"; }
  std::string message(int value) const override {
    bool known = value > 0 && static_cast<std::size_t>(value) < words.size();
    return words[known ? static_cast<std::size_t>(value) : 0];
  }
};

bool is_errno(const std::error_category& category) {
  return category == std::system_category() || category == std::generic_category();
}

// strerror translates into the locale's language; strerrordesc_np (glibc 2.32) does not.
std::string errno_in_words(int value) {
  if (value == ETIMEDOUT) return "timed out";  // its own text says "connection", whatever was waited for
  const char* description = strerrordesc_np(value);
  return description ? description : fmt::format("error {}", value);
}

std::string lower_first(std::string text) {
  bool acronym = text.size() > 1 && std::isupper(static_cast<unsigned char>(text[1]));
  if (!text.empty() && !acronym)
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string error_line(const std::error_code& cause, const std::string& verb, const std::string& address) {
  auto line = verb;
  if (!verb.empty() && !address.empty()) line += ' ';
  line += address;
  if (!line.empty()) line += ": ";
  return escape_controls(line + cause_in_words(cause));
}

}  // namespace

const std::error_category& error_category() noexcept {
  static const ahoy_category category;
  return category;
}

std::error_code make_error_code(errc cause) noexcept { return {static_cast<int>(cause), error_category()}; }

std::error_code system_code(int errno_value) noexcept { return {errno_value, std::system_category()}; }

std::string cause_in_words(const std::error_code& cause) {
  return lower_first(is_errno(cause.category()) ? errno_in_words(cause.value()) : cause.message());
}

error::error(std::error_code cause, std::string verb, std::string address, const std::string& hint)
    : std::system_error(cause),
      verb_(std::move(verb)),
      address_(std::move(address)),
      hint_(hint.empty() ? std::string(usual_hint(verb_, cause)) : escape_controls(hint)),
      line_(error_line(cause, verb_, address_)) {}

}  // namespace ahoy::inline v0
