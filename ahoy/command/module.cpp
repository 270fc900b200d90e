#include <ahoy/command/module.hpp>

#include <dlfcn.h>

#include <filesystem>

namespace ahoy::inline v0 {

std::string module_file(std::string_view name) {
  std::error_code unreadable;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", unreadable);
  if (unreadable) return {};
  for (const char* folder : {AHOY_MODULES_BUILT, AHOY_MODULES_INSTALLED}) {
    const std::filesystem::path file = own.parent_path() / folder / (std::string{name} + ".so");
    if (std::filesystem::exists(file, unreadable)) return file;
  }
  return {};
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
