#pragma once
#include <ahoy/address/address.hpp>

#include <netinet/in.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ahoy::inline v0 {

enum class host_kind { any, broadcast, inet, inet6, name };

template <typename T>
concept host_number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

/// A host as the hand-out writes it; reading one asks neither the network nor the system. A value: copy it
/// freely.
///
/// In text: `""`, any address of both families; `<broadcast>`; a strict dotted quad (four decimal numbers
/// without leading zeros: `127.1`, `0177.0.0.1` and `0x7f.1` are refused, since others read them
/// differently); IPv6, also in brackets, with a dotted tail (`::ffff:192.0.2.1`), with a zone
/// (`fe80::1%eth0`); digits alone, the hand-out's integer (`2130706433` is 127.0.0.1), since no name consists
/// of digits; anything else is a name, in UTF-8 where it is international. Throws ahoy::error: malformed,
/// out_of_range.
class host {
 public:
  host() noexcept = default;
  host(std::string_view text);
  host(const std::string& text) : host(std::string_view(text)) {}
  host(const char* text) : host(std::string_view(text)) {}
  /// A binary IPv4 address in host byte order: 0x7f000001 is 127.0.0.1. Throws ahoy::error (out_of_range).
  template <host_number Integer>
  host(Integer number)
      : host(in_addr{std::in_range<std::uint32_t>(number) ? static_cast<std::uint32_t>(number)
                                                          : refuse(std::to_string(number))}) {}

  [[nodiscard]] host_kind kind() const noexcept { return kind_; }
  /// False for a name alone: only a name needs a resolver.
  [[nodiscard]] bool is_numeric() const noexcept { return kind_ != host_kind::name; }
  /// Readable by the constructor again, to the same host: "127.0.0.1", "fe80::1%eth0", "localhost", "",
  /// "<broadcast>".
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// The address of a numeric host; any is 0.0.0.0 here. Asks the system for the number of a zone's interface
  /// and throws ahoy::error (no_such_device) where it is none. Throws for a name too (host_not_found): lookup
  /// resolves those.
  [[nodiscard]] address numeric_address(std::uint16_t port) const;

  friend bool operator==(const host& left, const host& right) noexcept { return left.text_ == right.text_; }

 private:
  explicit host(in_addr in_host_byte_order);
  [[noreturn]] static std::uint32_t refuse(std::string_view number);
  void read_inet6(std::string_view text);
  void read_dotted_quad(std::string_view text);
  void read_digits(std::string_view text);

  host_kind kind_ = host_kind::any;
  std::string text_;
  in_addr inet_{};  // network byte order
  in6_addr inet6_{};
  std::string zone_;
};

}  // namespace ahoy::inline v0
