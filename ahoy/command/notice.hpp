#pragma once
#include <ahoy/task/context.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// One line for standard error, whole: "ahoy: " and the text, in which what came from outside is escaped
/// already.
void notice(std::string_view text) noexcept;

/// While it lives, notices go to this function instead, which gets the whole line without its newline: for
/// who must not wait until somebody reads standard error. One at a time, and of one thread.
class notice_redirection {
 public:
  explicit notice_redirection(std::function<void(std::string_view line)> to);
  notice_redirection(const notice_redirection&) = delete;
  notice_redirection& operator=(const notice_redirection&) = delete;
  ~notice_redirection();
};

/// "1 s", "500 ms", as a notice says it.
[[nodiscard]] std::string in_words(duration length);

}  // namespace ahoy::inline v0
