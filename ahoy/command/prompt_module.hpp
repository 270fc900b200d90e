#pragma once

// What the module `prompt` offers the command, which opens it with dlopen only where somebody sits at a
// terminal: a line that is edited with libedit. C linkage and plain types, since the two are linked apart.
// One thread.

extern "C" {

struct ahoy_prompt;

/// What may stand where the cursor is, one word a line, given the line up to there. It is copied at once.
using ahoy_prompt_words = const char* (*)(void* context, const char* line);

enum ahoy_prompt_result { ahoy_prompt_more, ahoy_prompt_line, ahoy_prompt_end };

struct ahoy_prompt_functions {
  /// Takes the terminal of standard input and error; null where it cannot.
  ahoy_prompt* (*open)(const char* prompt, ahoy_prompt_words words, void* context);
  /// Reads what was typed, when standard input is readable. `line` is set for ahoy_prompt_line, without its
  /// newline; it is valid until the next call.
  ahoy_prompt_result (*feed)(ahoy_prompt*, const char** line);
  /// Takes the line off the terminal, so that something else can be written, and puts it back.
  void (*hide)(ahoy_prompt*);
  void (*show)(ahoy_prompt*);
  /// Gives the terminal back as it was.
  void (*close)(ahoy_prompt*);
};

/// The one symbol of the module: "ahoy_prompt_module", of type const ahoy_prompt_functions.
}
