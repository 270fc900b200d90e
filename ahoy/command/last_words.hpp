#pragma once
#include <functional>

namespace ahoy::inline v0 {

/// Runs `work` and returns its exit status. What it could not do otherwise than throw is told here, on
/// standard error, and nowhere else, and has its status. By then all is unwound: where nobody reads our
/// output any more, the process ends as SIGPIPE would have ended it.
[[nodiscard]] int with_last_words(const std::function<int()>& work);

}  // namespace ahoy::inline v0
