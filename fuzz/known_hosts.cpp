#include <ahoy/command/known_hosts.hpp>

#include "target.hpp"
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

// The first line is a server, the rest the file.

namespace {

/// The user's, with that file in it; gone with the process.
class folder {
 public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ahoy-fuzz-XXXXXX").string();
    fuzz::require(::mkdtemp(name.data()) != nullptr, "a folder is made");
    path_ = name;
    std::filesystem::create_directory(path_ / "ahoy");
    ::chmod((path_ / "ahoy").c_str(), 0700);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code unseen;
    std::filesystem::remove_all(path_, unseen);
  }
  void put(std::string_view text) const {
    ::setenv("XDG_CONFIG_HOME", path_.c_str(), 1);
    std::ofstream{path_ / "ahoy" / "known_hosts", std::ios::binary} << text;
  }

 private:
  std::filesystem::path path_;
};

void remember(const ahoy::endpoint& server, std::string_view text, const std::string& key) {
  static const folder of_user;
  of_user.put(text);
  const auto before = ahoy::known_host_of(server);
  fuzz::require(ahoy::remember_host(server, key) == (!before || before->key != key),
                "it says whether it was new");
  fuzz::require(!ahoy::remember_host(server, key), "a second time it is not");
}

void remember_nowhere(const ahoy::endpoint& server, const std::string& key) {
  ::setenv("XDG_CONFIG_HOME", "", 1);
  ::setenv("HOME", "", 1);
  fuzz::require(!ahoy::remember_host(server, key), "who has no folder keeps nothing");
  fuzz::require(!ahoy::known_host_of(server), "and knows nobody");
}

void read(std::string_view input) {
  const std::string_view name = fuzz::take_line(input);
  fuzz::accepts([&] {
    const ahoy::endpoint server = ahoy::endpoint::parse(name);
    const auto before = ahoy::find_known_host(input, server);
    fuzz::require(!before || before->key.size() == 64, "a key has 64 digits");
    const std::string key(64, 'a');
    const std::string text = ahoy::with_known_host(input, server, key);
    const auto after = ahoy::find_known_host(text, server);
    fuzz::require(after && after->key == key, "who is remembered is found");
    fuzz::require(ahoy::with_known_host(text, server, key) == text,
                  "who is remembered twice stands there once");
    remember_nowhere(server, key);
    remember(server, input, key);
  });
}

const fuzz::target hosts{"known_hosts", read};

}  // namespace
