#pragma once
#include <ahoy/engine/engine.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ahoy_prompt;
struct ahoy_prompt_functions;

namespace ahoy::inline v0 {

/// A line that somebody edits at a terminal, with history and completion. While it lives it owns the
/// terminal's settings, and gives them back, also to a signal that ends the process, and for as long as it is
/// stopped (Ctrl-Z). One at a time. The library behind it is loaded when the first prompt is opened.
class prompt {
 public:
  using completion = std::function<std::vector<std::string>(std::string_view line)>;

  /// Null where standard input and error are no terminal, or the library is not there (`why` says so then).
  static std::unique_ptr<prompt> open(engine& by, completion words, std::string& why);
  ~prompt();

  /// The next line, without its newline; nullopt at the end of input.
  task<std::optional<std::string>> read_line();
  /// Takes the line off the terminal while something else is written, and puts it back; what is typed
  /// meanwhile waits. Each hide() needs its show().
  void hide();
  void show();

 private:
  prompt(engine& by, const ahoy_prompt_functions& functions, completion words);
  void draw();
  void come_back_if_away();
  static const char* words_for(void* self, const char* line);

  const ahoy_prompt_functions& functions_;
  completion words_;
  std::string offered_;
  fd went_on_;        // readable when the process was stopped and goes on
  descriptor input_;  // readable when the terminal is, or went_on_
  event shown_;
  int hidden_ = 0;
  bool drawn_ = true;
  ahoy_prompt* handle_ = nullptr;
};

}  // namespace ahoy::inline v0
