#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/task/task.hpp>

#include <unistd.h>

#include <cstddef>
#include <string_view>

namespace ahoy::inline v0 {

/// Our output. A reader that is slow holds up who writes, and nobody else: a write begins when there is room,
/// and is no longer than what then fits. The inherited open file is left as it is. Nothing is kept back: what
/// write() took is the kernel's when it returns.
class standard_output {
 public:
  /// Keeps a descriptor of its own; `to` stays open. Throws output_error.
  explicit standard_output(engine& by, int to = STDOUT_FILENO);

  /// Writes all of it; `data` must stay valid until then. Several tasks may write: what each gives goes out
  /// in one piece. Throws output_error (broken_pipe: nobody reads it any more), operation_canceled,
  /// timed_out.
  task<> write(std::string_view data);
  [[nodiscard]] bool is_terminal() const noexcept { return is_terminal_; }

 private:
  task<> write_all(std::string_view data);
  [[nodiscard]] std::size_t write_now(std::string_view data);

  descriptor file_;
  event free_;
  std::size_t at_once_;
  bool is_terminal_;
  bool busy_ = false;
};

}  // namespace ahoy::inline v0
