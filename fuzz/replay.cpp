#include "target.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

// Feeds every target what is kept for it: fuzz_replay CORPUS. A target without a corpus, and a
// corpus without a target, are failures: what is not replayed is not tested.

namespace {

std::string running;  // the input, whose name is the last word where it ends the program

void say_input(int number) {
  fmt::print(stderr, "by {}\n", running);
  static_cast<void>(std::signal(number, SIG_DFL));
  static_cast<void>(std::raise(number));
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

int replay(const fuzz::target& each, const std::filesystem::path& corpus) {
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator{corpus}) {
    const std::string input = content_of(file);
    running = file.path();
    each.run(input);
    ++count;
  }
  fmt::print("{:5} inputs for {}\n", count, each.name());
  return count;
}

bool has_target(const std::filesystem::path& corpus) {
  const auto& all = fuzz::target::all();
  return std::ranges::any_of(all,
                             [&](const fuzz::target* each) { return each->name() == corpus.filename(); });
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return fmt::print(stderr, "usage: fuzz_replay CORPUS\n"), 2;
  for (const int number : {SIGABRT, SIGSEGV, SIGFPE}) static_cast<void>(std::signal(number, say_input));
  const std::filesystem::path corpus = words[1];
  bool is_whole = !fuzz::target::all().empty();
  for (const fuzz::target* each : fuzz::target::all()) {
    const std::filesystem::path own = corpus / each->name();
    const bool has_inputs = std::filesystem::is_directory(own) && replay(*each, own) > 0;
    if (!has_inputs) fmt::print("nothing is kept for {}\n", each->name());
    is_whole = is_whole && has_inputs;
  }
  for (const auto& each : std::filesystem::directory_iterator{corpus}) {
    if (!has_target(each.path())) fmt::print("nobody takes {}\n", each.path().string());
    is_whole = is_whole && has_target(each.path());
  }
  return is_whole ? 0 : 1;
}
