#pragma once
#include <string>

namespace ahoy::inline v0 {

/// What changes with --model and --workers, for the manual of listen: a table, and what it does not say.
/// docs/models.md has the same rows.
[[nodiscard]] std::string models_text();

}  // namespace ahoy::inline v0
