#pragma once
#include <functional>
#include <string_view>

namespace ahoy::inline v0 {

enum class log_level { error, notice, detail };

/// Called with one line, without its newline and with whatever came from outside escaped. It may be called
/// from several threads at once. What it throws is dropped: a log that fails must not fail the conversation.
using log_function = std::function<void(log_level, std::string_view line)>;

/// Where the library's log lines go from now on. Until this is called, and after an empty function, nowhere:
/// the library is silent. Any thread may call it; a line that is being written still goes to the former
/// function.
void set_log(log_function function);

/// While it exists, what its thread logs goes to this function instead. For one thread, and one at a time.
class log_redirection {
 public:
  explicit log_redirection(log_function to);
  log_redirection(const log_redirection&) = delete;
  log_redirection& operator=(const log_redirection&) = delete;
  ~log_redirection();

 private:
  log_function to_;
};

void log(log_level level, std::string_view line) noexcept;

/// Whether anybody listens: ask before formatting a line on a hot path.
[[nodiscard]] bool log_is_set() noexcept;

}  // namespace ahoy::inline v0
