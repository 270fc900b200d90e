#include <ahoy/error/signal.hpp>

#include <string.h>

namespace ahoy::inline v0 {

std::string signal_in_words(int number) {
  const char* name = ::sigabbrev_np(number);
  const char* meaning = ::sigdescr_np(number);
  if (!name || !meaning) return "signal " + std::to_string(number);
  std::string words = meaning;
  const bool is_capital = words.size() > 1 && words[0] >= 'A' && words[0] <= 'Z';
  const bool is_word = is_capital && words[1] >= 'a' && words[1] <= 'z';  // but not in I/O
  if (is_word) words[0] = static_cast<char>(words[0] - 'A' + 'a');
  return "SIG" + std::string{name} + " (" + words + ")";
}

}  // namespace ahoy::inline v0
