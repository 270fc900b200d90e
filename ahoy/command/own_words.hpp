#pragma once
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// The words that this process was started with, its own name first, and nothing hidden in them.
void remember_own_words(std::vector<std::string> words);
[[nodiscard]] const std::vector<std::string>& own_words() noexcept;

/// The file that the first of them names: as it is where it is a path, else the first in $PATH that may be
/// executed. Empty where there is none. It may be another one by now than this process was started from.
[[nodiscard]] std::string own_program();

}  // namespace ahoy::inline v0
