#pragma once
#include <optional>
#include <span>
#include <string_view>

namespace ahoy::inline v0 {

/// The known word that `word` was probably meant to be: the one that is nearest (letters inserted, left out,
/// changed, or swapped with their neighbour; capitals do not count) within a third of its length, the first
/// of several; else the only one that begins with it. Nothing where a guess would be wild. The result refers
/// to `known`.
[[nodiscard]] std::optional<std::string_view> did_you_mean(std::string_view word,
                                                           std::span<const std::string_view> known);

}  // namespace ahoy::inline v0
