#pragma once
#include <cstddef>
#include <cstdint>

namespace ahoy::inline v0 {

/// For tables of what strangers choose, and may forge: whoever does not know the secret of this process
/// cannot choose where they collide. Not for anything else: it is no message authentication. May be called by
/// any thread.
[[nodiscard]] std::size_t secret_hash(std::uint64_t word) noexcept;

}  // namespace ahoy::inline v0
