#include <ahoy/command/prompt_module.hpp>

#include <histedit.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

struct ahoy_prompt {
  EditLine* line = nullptr;
  History* history = nullptr;
  std::string text;  // the prompt
  std::string last;  // the line handed out
  ahoy_prompt_words words = nullptr;
  void* context = nullptr;
};

namespace {

constexpr int history_length = 1000;
constexpr int end_of_input = 4;  // ^D, where the line is empty

ahoy_prompt& prompt_of(EditLine* line) {
  void* found = nullptr;
  el_get(line, EL_CLIENTDATA, &found);
  return *static_cast<ahoy_prompt*>(found);
}

char* prompt_text(EditLine* line) { return prompt_of(line).text.data(); }

std::string_view before_cursor(EditLine* line) {
  const LineInfo* info = el_line(line);
  return {info->buffer, static_cast<std::size_t>(info->cursor - info->buffer)};
}

std::vector<std::string> candidates(ahoy_prompt& prompt, std::string_view begun, std::string_view word) {
  const char* all = prompt.words(prompt.context, std::string{begun}.c_str());
  std::istringstream lines{all ? all : ""};
  std::vector<std::string> fitting;
  for (std::string each; std::getline(lines, each);)
    if (each.starts_with(word)) fitting.push_back(each);
  return fitting;
}

std::string common_start(const std::vector<std::string>& words) {
  std::string start = words.front();
  for (const std::string& each : words) {
    const auto differ = std::ranges::mismatch(start, each);
    start.erase(differ.in1, start.end());
  }
  return start;
}

void list(const std::vector<std::string>& words) {
  std::fputc('\n', stderr);
  for (const std::string& each : words) std::fprintf(stderr, "%s  ", each.c_str());
  std::fputc('\n', stderr);
}

unsigned char complete(EditLine* line, int) {
  ahoy_prompt& prompt = prompt_of(line);
  const std::string begun{before_cursor(line)};
  const std::string word = begun.substr(begun.rfind(' ') + 1);
  const std::vector<std::string> fitting = candidates(prompt, begun, word);
  if (fitting.empty()) return CC_REFRESH_BEEP;
  const std::string rest = common_start(fitting).substr(word.size()) + (fitting.size() == 1 ? " " : "");
  if (!rest.empty()) {
    el_insertstr(line, rest.c_str());
    return CC_REFRESH;
  }
  list(fitting);
  return CC_REDISPLAY;
}

/// On which row below its first the cursor of a long line stands.
int cursor_row(const ahoy_prompt& prompt) {
  winsize size{};
  const int columns = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  return static_cast<int>(prompt.text.size() + before_cursor(prompt.line).size()) / columns;
}

void hide(ahoy_prompt* prompt) {
  const int row = cursor_row(*prompt);
  if (row > 0) std::fprintf(stderr, "\x1b[%dA", row);
  std::fputs("\r\x1b[J", stderr);
  std::fflush(stderr);
}

void show(ahoy_prompt* prompt) { el_set(prompt->line, EL_REFRESH); }

void close_prompt(ahoy_prompt* prompt) {
  hide(prompt);
  el_end(prompt->line);
  history_end(prompt->history);
  delete prompt;
}

ahoy_prompt* open(const char* text, ahoy_prompt_words words, void* context) {
  auto* prompt = new ahoy_prompt;
  prompt->text = text;
  prompt->words = words;
  prompt->context = context;
  prompt->line = el_init("ahoy", stdin, stderr, stderr);
  if (!prompt->line) {
    delete prompt;
    return nullptr;
  }
  HistEvent event;
  prompt->history = history_init();
  history(prompt->history, &event, H_SETSIZE, history_length);
  el_set(prompt->line, EL_CLIENTDATA, prompt);
  el_set(prompt->line, EL_PROMPT, prompt_text);
  el_set(prompt->line, EL_EDITOR, "emacs");
  el_set(prompt->line, EL_HIST, history, prompt->history);
  el_set(prompt->line, EL_ADDFN, "ahoy-complete", "completes names and commands", complete);
  el_set(prompt->line, EL_BIND, "^I", "ahoy-complete", nullptr);
  el_set(prompt->line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_set(prompt->line, EL_UNBUFFERED, 1);
  show(prompt);
  return prompt;
}

/// libedit keeps an unbuffered line until it is told that the line is over.
void begin_anew(ahoy_prompt* prompt) {
  el_set(prompt->line, EL_UNBUFFERED, 0);
  el_set(prompt->line, EL_UNBUFFERED, 1);
}

ahoy_prompt_result feed(ahoy_prompt* prompt, const char** line) {
  int size = 0;
  const char* begun = el_gets(prompt->line, &size);
  if (!begun || size <= 0) return ahoy_prompt_end;
  if (size == 1 && begun[0] == end_of_input) return ahoy_prompt_end;
  if (begun[size - 1] != '\n' && begun[size - 1] != '\r') return ahoy_prompt_more;
  prompt->last.assign(begun, static_cast<std::size_t>(size - 1));
  HistEvent event;
  if (!prompt->last.empty()) history(prompt->history, &event, H_ENTER, prompt->last.c_str());
  begin_anew(prompt);
  *line = prompt->last.c_str();
  return ahoy_prompt_line;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const ahoy_prompt_functions ahoy_prompt_module;
const ahoy_prompt_functions ahoy_prompt_module = {open, feed, hide, show, close_prompt};
