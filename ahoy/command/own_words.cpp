#include <ahoy/command/own_words.hpp>

#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <utility>

namespace ahoy::inline v0 {

namespace {

std::vector<std::string> kept;

}  // namespace

void remember_own_words(std::vector<std::string> words) { kept = std::move(words); }

const std::vector<std::string>& own_words() noexcept { return kept; }

std::string own_program() {
  std::string name = kept.empty() ? std::string{} : kept.front();
  if (name.empty() || name.find('/') != name.npos) return name;
  const char* path = std::getenv("PATH");
  std::istringstream folders{path ? path : "/usr/local/bin:/usr/bin:/bin"};
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string file = (folder.empty() ? "." : folder) + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

}  // namespace ahoy::inline v0
