#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/task/task.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// One line on standard error that shows how far something is; nothing at all where that is no terminal. Who
/// writes to the terminal, or reads what is typed there, takes the line from it, for good.
class progress_bar {
 public:
  /// `share` says, whenever it is asked, how far: from 0 to 1.
  progress_bar(engine& by, std::string label, std::function<double()> share);
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  /// The line is empty again.
  ~progress_bar();

  /// Shows it, ten times a second, for as long as `work` takes.
  task<> show_during(task<> work);

 private:
  task<> show();
  engine& by_;
  std::string label_;
  std::function<double()> share_;
  bool is_shown_;
};

/// To be called before the first byte is written to a terminal, or read from one: what is drawn goes, and
/// nothing is drawn from now on.
void take_line_of_bar();

/// "[=====     ]  50% label", as wide as `width` at most.
[[nodiscard]] std::string bar_text(std::string_view label, double share, std::size_t width);

}  // namespace ahoy::inline v0
