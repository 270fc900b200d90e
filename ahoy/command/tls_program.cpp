#include <ahoy/command/descriptor_limit.hpp>
#include <ahoy/command/module.hpp>
#include <ahoy/command/own_words.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/tls_program.hpp>
#include <ahoy/error/error.hpp>

#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// It finds what the command itself has found when it began, the name that it was called by included.
void become_tls_program(std::span<const std::string_view> words) {
  std::vector<std::string> given{own_words().empty() ? "ahoy" : own_words().front()};
  given.insert(given.end(), words.begin(), words.end());
  std::vector<char*> pointers;
  pointers.reserve(given.size() + 1);
  for (std::string& each : given) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  const std::string file = program_file("ahoy-tls");
  restore_sigpipe();
  restore_descriptor_limit();
  ::execv(file.c_str(), pointers.data());
  const int why = errno;
  throw error{system_code(why), "run", "ahoy-tls",
              "it is a part of ahoy, and brings TLS along: is all of it installed?"};
}

}  // namespace ahoy::inline v0
