#pragma once
#include <ahoy/address/family.hpp>

#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace ahoy::inline v0 {

template <typename T>
concept port_number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

/// A port: a number, digits in text, or the name of a service, as the hand-out has it. Converts from each, so
/// that `bind(host, 23456)`, `bind(host, "23456")` and `bind(host, "http")` read as they do there.
class port {
 public:
  /// 0: as a local port, whichever the system chooses.
  constexpr port() noexcept = default;
  /// Throws ahoy::error (out_of_range) outside 0 to 65535.
  template <port_number Integer>
  port(Integer number)
      : number_(std::in_range<std::uint16_t>(number) ? static_cast<std::uint16_t>(number)
                                                     : refuse(std::to_string(number))) {}
  /// Digits, or a service that /etc/services (or a short list of our own) has for the type's protocol, else
  /// for any. Throws ahoy::error: out_of_range, malformed (a sign, a space, nothing at all),
  /// service_not_found.
  port(std::string_view text, socket_type type = socket_type::stream);
  port(const std::string& text) : port(std::string_view(text)) {}
  port(const char* text) : port(std::string_view(text)) {}

  [[nodiscard]] constexpr std::uint16_t number() const noexcept { return number_; }
  friend constexpr bool operator==(const port&, const port&) = default;

 private:
  [[noreturn]] static std::uint16_t refuse(std::string_view number);

  std::uint16_t number_ = 0;
};

/// The number in digits.
[[nodiscard]] std::string to_string(port value);
std::ostream& operator<<(std::ostream& out, port value);

}  // namespace ahoy::inline v0
