#include <ahoy/address/ascii.hpp>
#include <ahoy/address/international_name.hpp>
#include <ahoy/error/unreadable.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <memory>

namespace ahoy::inline v0 {
namespace {

// From libidn2's stable interface (soname 0); the C library loads it in the same way for AI_IDN.
using lookup_function = int (*)(const std::uint8_t* name, std::uint8_t** ascii, int flags);
using free_function = void (*)(void*);
using words_function = const char* (*)(int result);
constexpr int normalize = 1, nontransitional = 8;

struct library {
  lookup_function lookup = nullptr;
  free_function free = nullptr;
  words_function words = nullptr;
};

library load() {
  void* handle = dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return {};
  return {reinterpret_cast<lookup_function>(dlsym(handle, "idn2_lookup_u8")),
          reinterpret_cast<free_function>(dlsym(handle, "idn2_free")),
          reinterpret_cast<words_function>(dlsym(handle, "idn2_strerror"))};
}

// Stays loaded: names come again.
const library& idn2(std::string_view name) {
  static const library the = load();
  if (!the.lookup || !the.free || !the.words)
    throw error(errc::host_not_found, "look up", std::string(name),
                "international names need libidn2 (package libidn2-0); or write the name in its xn-- form");
  return the;
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

}  // namespace

std::string ascii_name(std::string_view name) {
  if (std::ranges::all_of(name, is_ascii)) return std::string(name);
  const auto& idn = idn2(name);
  std::uint8_t* converted = nullptr;
  auto result = idn.lookup(reinterpret_cast<const std::uint8_t*>(std::string(name).c_str()), &converted,
                           normalize | nontransitional);
  std::unique_ptr<std::uint8_t, free_function> owner(converted, idn.free);
  if (result != 0) throw unreadable("host", name, idn.words(result));
  return reinterpret_cast<const char*>(converted);
}

std::string known_name(const host& of) {
  if (of.kind() == host_kind::any) return "localhost";
  if (of.is_numeric()) return of.text();
  std::string name = lower(ascii_name(of.text()));
  if (name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace ahoy::inline v0
