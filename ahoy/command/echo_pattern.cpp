#include <ahoy/command/echo_pattern.hpp>

#include <algorithm>

namespace ahoy::inline v0 {
namespace {

constexpr std::size_t period = 65521;  // a prime, so that no power of two bytes later it is the same

}  // namespace

echo_pattern::echo_pattern() : bytes_(period + longest_piece, '\0') {
  std::uint32_t state = 0x2545f491;  // xorshift (Marsaglia, 2003)
  for (std::size_t at = 0; at < period; ++at) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    bytes_[at] = static_cast<char>(state >> 11);
  }
  for (std::size_t at = period; at < bytes_.size(); ++at) bytes_[at] = bytes_[at - period];
}

std::string_view echo_pattern::at(std::uint64_t position, std::size_t size) const noexcept {
  return std::string_view{bytes_}.substr(position % period, std::min(size, longest_piece));
}

}  // namespace ahoy::inline v0
