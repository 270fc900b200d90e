#pragma once
#include <ahoy/socket/fd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Where what the user trusts and is known by is kept: $XDG_CONFIG_HOME/ahoy, or ~/.config/ahoy. Empty where
/// there is neither.
[[nodiscard]] std::string user_folder();

/// All of a file; nothing where it is not there. Throws error.
[[nodiscard]] std::optional<std::string> text_of_file(const std::string& name);

/// While it exists nobody else has one of the same folder, which is made (0700) where it is not there. Waits
/// for no more than a second for another's. Throws error.
class folder_lock {
 public:
  explicit folder_lock(const std::string& folder);
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;
  ~folder_lock() = default;

 private:
  fd folder_;
};

/// Nobody ever sees a half of it, and nobody but the user sees any (0600). A link stays one. Throws error.
void replace_file(const std::string& name, std::string_view text);

}  // namespace ahoy::inline v0
