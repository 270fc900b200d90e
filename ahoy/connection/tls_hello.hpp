#pragma once
#include <array>
#include <cstddef>
#include <string_view>

namespace ahoy::inline v0 {

/// Alerts (RFC 8446, section 6), as whole records, for a peer with whom no TLS has begun.
inline constexpr std::string_view alert_unexpected{"\x15\x03\x03\x00\x02\x02\x0a", 7};
inline constexpr std::string_view alert_internal_error{"\x15\x03\x03\x00\x02\x02\x50", 7};

/// Watches over what a caller says first. OpenSSL makes room for a ClientHello of 128 KB as soon as one is
/// announced, twice where it asks for another: this one says no before. No input or output, nothing kept of
/// what goes by.
class hello_guard {
 public:
  /// Those of browsers have some 2 KB, with keys that outlive quantum computers.
  static constexpr std::size_t longest_hello = std::size_t{16} * 1024 - 4;

  /// What has come next, cut anywhere. false: a ClientHello is announced that is too long.
  [[nodiscard]] bool admits(std::string_view wire) noexcept;

 private:
  void begin_record() noexcept;
  [[nodiscard]] bool begin_message() noexcept;

  std::array<unsigned char, 5> record_{};   // its head, as far as it has come
  std::array<unsigned char, 4> message_{};  // the same, of a message of the handshake
  std::size_t of_record_ = 0, of_message_ = 0;
  std::size_t left_in_record_ = 0, left_in_message_ = 0;
};

}  // namespace ahoy::inline v0
