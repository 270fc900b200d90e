#include <ahoy/command/module.hpp>

#include <dlfcn.h>

#include <filesystem>
#include <initializer_list>

namespace ahoy::inline v0 {

namespace {

/// In the first of these folders, seen from the one that this program is in, that has it.
std::string find_file(std::initializer_list<const char*> folders, const std::string& name) {
  std::error_code unreadable;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", unreadable);
  if (unreadable) return {};
  for (const char* folder : folders) {
    const std::filesystem::path file = own.parent_path() / folder / name;
    if (std::filesystem::exists(file, unreadable)) return file;
  }
  return {};
}

}  // namespace

std::string module_file(std::string_view name) {
  return find_file({AHOY_MODULES_BUILT, AHOY_MODULES_INSTALLED, AHOY_MODULES_FROM_PROGRAMS},
                   std::string{name} + ".so");
}

std::string program_file(std::string_view name) {
  return find_file({".", AHOY_PROGRAMS_INSTALLED}, std::string{name});
}

const void* module_symbol(std::string_view name, const char* symbol, std::string& why) {
  const std::string file = module_file(name);
  if (file.empty()) {
    why = "the module " + std::string{name} + " is not installed";
    return nullptr;
  }
  void* opened = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  const void* found = opened ? ::dlsym(opened, symbol) : nullptr;
  if (!found) why = ::dlerror();
  return found;
}

}  // namespace ahoy::inline v0
