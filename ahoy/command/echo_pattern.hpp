#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What is sent to be sent back: bytes that look random, of which a stream takes one after another from a
/// place of its own, so that what is lost, doubled, out of order, or another connection's, does not compare
/// equal.
class echo_pattern {
 public:
  static constexpr std::size_t longest_piece = 65536;

  echo_pattern();
  /// The bytes at `position` of a stream, as many of `size` as are at hand in one piece: at least one, and
  /// all where they are no more than longest_piece.
  [[nodiscard]] std::string_view at(std::uint64_t position, std::size_t size) const noexcept;

 private:
  std::string bytes_;
};

}  // namespace ahoy::inline v0
