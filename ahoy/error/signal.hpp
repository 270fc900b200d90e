#pragma once
#include <string>

namespace ahoy::inline v0 {

/// A signal that ended something, by its name and what it means: "SIGSEGV (segmentation fault)"; "signal 40"
/// where it has no name. It does not depend on the locale.
[[nodiscard]] std::string signal_in_words(int number);

}  // namespace ahoy::inline v0
