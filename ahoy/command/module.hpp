#pragma once
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// Parts of the command that bring large libraries along, in files of their own, which are opened when a verb
// needs them.

/// The file of a module, beside the command as built or as installed; empty where it is not there.
[[nodiscard]] std::string module_file(std::string_view name);

/// A program that is a part of the command, as git's are, beside it as built, or as installed; empty where it
/// is not there.
[[nodiscard]] std::string program_file(std::string_view name);

/// A symbol of a module, which is opened for it, and stays; null where that cannot be, and `why` says it.
[[nodiscard]] const void* module_symbol(std::string_view name, const char* symbol, std::string& why);

}  // namespace ahoy::inline v0
