#include <ahoy/command/prompt_module.hpp>

#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wctype.h>

#include <algorithm>
#include <cstdio>
#include <cwchar>
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
  int columns = 0;  // of the terminal, as libedit knows it
};

namespace {

constexpr int history_length = 1000;
constexpr int end_of_input = 4;  // ^D, where the line is empty

/// What is typed is UTF-8, whatever the locale of the process: for this thread, while libedit is at work.
class in_utf8 {
 public:
  in_utf8() noexcept : before_{::uselocale(utf8())} {}
  in_utf8(const in_utf8&) = delete;
  in_utf8& operator=(const in_utf8&) = delete;
  ~in_utf8() { ::uselocale(before_); }

 private:
  /// Null, which changes nothing, where the system lacks it.
  static locale_t utf8() noexcept {
    static const locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return made;
  }
  locale_t before_;
};

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

/// Where the terminal takes nothing there is nobody to tell.
void put(const std::string& text) {
  static_cast<void>(std::fputs(text.c_str(), stderr));
  static_cast<void>(std::fflush(stderr));
}

void list(const std::vector<std::string>& words) {
  std::string line = "\n";
  for (const std::string& each : words) line += each + "  ";
  put(line + "\n");
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

int columns_now() noexcept {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// How many columns libedit shows a character in: a control as ^X, what cannot be printed as \U+12345.
int width(wchar_t of, int column) noexcept {
  if (of == L'\t') return 8 - column % 8;
  if (::iswcntrl(static_cast<wint_t>(of)) != 0) return 2;
  if (::iswprint(static_cast<wint_t>(of)) != 0) return ::wcwidth(of);
  return of > 0xffff ? 8 : 7;
}

/// On which row below its first the cursor of a long line stands. A wide character is not cut in two.
int cursor_row(const ahoy_prompt& prompt) {
  const LineInfoW* info = el_wline(prompt.line);
  const int columns = columns_now();
  int row = 0;
  int column = static_cast<int>(prompt.text.size());
  for (const wchar_t* each = info->buffer; each < info->cursor; ++each) {
    const int taken = width(*each, column);
    const bool fits = column + taken <= columns;
    column = fits ? column + taken : taken;
    row += fits ? 0 : 1;
    if (column < columns) continue;
    ++row;
    column = 0;
  }
  return row;
}

/// The terminal may have another size since last time.
void fit(ahoy_prompt& prompt) {
  const int columns = columns_now();
  if (columns != prompt.columns) el_resize(prompt.line);
  prompt.columns = columns;
}

void hide(ahoy_prompt* prompt) {
  const in_utf8 meanwhile;
  const int row = cursor_row(*prompt);
  const std::string up = row > 0 ? "\x1b[" + std::to_string(row) + "A" : "";
  put(up + "\r\x1b[J");
}

void show(ahoy_prompt* prompt) {
  const in_utf8 meanwhile;
  fit(*prompt);
  el_set(prompt->line, EL_REFRESH);
}

void close_prompt(ahoy_prompt* prompt) {
  hide(prompt);
  el_end(prompt->line);
  history_end(prompt->history);
  delete prompt;
}

ahoy_prompt* open(const char* text, ahoy_prompt_words words, void* context) {
  const in_utf8 meanwhile;
  auto* prompt = new ahoy_prompt;
  prompt->text = text;
  prompt->words = words;
  prompt->context = context;
  prompt->columns = columns_now();
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
  // The wide form keeps these two pointers; the narrow one keeps copies, and never frees them.
  el_wset(prompt->line, EL_ADDFN, L"ahoy-complete", L"completes names and commands", complete);
  el_set(prompt->line, EL_BIND, "^I", "ahoy-complete", nullptr);
  el_set(prompt->line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_set(prompt->line, EL_UNBUFFERED, 1);  // shows it
  return prompt;
}

/// libedit keeps an unbuffered line until it is told that the line is over.
void begin_anew(ahoy_prompt* prompt) {
  el_set(prompt->line, EL_UNBUFFERED, 0);
  el_set(prompt->line, EL_UNBUFFERED, 1);
}

/// What libedit says of a line that is empty after a key, as Backspace may leave it, and of the end alike.
bool has_hung_up() noexcept {
  pollfd terminal{STDIN_FILENO, POLLIN, 0};
  return ::poll(&terminal, 1, 0) > 0 && (terminal.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

ahoy_prompt_result feed(ahoy_prompt* prompt, const char** line) {
  const in_utf8 meanwhile;
  fit(*prompt);
  int size = 0;
  const char* begun = el_gets(prompt->line, &size);
  if (!begun || size <= 0) return has_hung_up() ? ahoy_prompt_end : ahoy_prompt_more;
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
