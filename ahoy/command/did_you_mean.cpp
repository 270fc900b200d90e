#include <ahoy/address/ascii.hpp>
#include <ahoy/command/did_you_mean.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace ahoy::inline v0 {
namespace {

/// Optimal string alignment: Levenshtein's distance with the swap of two neighbours as one more step
/// (Damerau), no letter being changed twice. Three rows of the table are enough, the swap looks two back.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> older(to.size() + 1), old(to.size() + 1), row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::swap(older, old);
    std::swap(old, row);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      row[j] = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + (from[i - 1] != to[j - 1])});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = std::min(row[j], older[j - 2] + 1);
    }
  }
  return row[to.size()];
}

// A third of the letters, and one where they are few; dashes are no letters.
std::size_t tolerated(std::string_view known) {
  const auto letters = known.size() - std::min(known.find_first_not_of('-'), known.size());
  return std::max<std::size_t>(letters / 3, letters > 1);
}

// Where the lengths alone are too far apart the table is not built, so a long word costs nothing.
bool may_be_near(std::string_view word, std::string_view known, std::size_t limit) {
  return word.size() <= known.size() + limit && known.size() <= word.size() + limit;
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known) {
  std::optional<std::string_view> best;
  std::size_t best_distance = 0;
  for (const auto candidate : known) {
    const auto limit = tolerated(candidate);
    if (!may_be_near(word, candidate, limit)) continue;
    const auto steps = distance(word, lower(candidate));
    if (steps > limit || (best && steps >= best_distance)) continue;
    best = candidate;
    best_distance = steps;
  }
  return best;
}

std::optional<std::string_view> only_completion(std::string_view word,
                                                std::span<const std::string_view> known) {
  auto begins = [word](std::string_view candidate) { return lower(candidate).starts_with(word); };
  const bool says_something = word.size() >= 2 && word.find_first_not_of('-') != word.npos;
  if (!says_something || std::ranges::count_if(known, begins) != 1) return std::nullopt;
  return *std::ranges::find_if(known, begins);
}

}  // namespace

std::optional<std::string_view> did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const auto lowered = lower(word);
  auto found = nearest(lowered, known);
  return found ? found : only_completion(lowered, known);
}

}  // namespace ahoy::inline v0
