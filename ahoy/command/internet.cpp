#include <ahoy/command/internet_module.hpp>
#include <ahoy/command/module.hpp>
#include <ahoy/command/verbs.hpp>
#include <ahoy/error/error.hpp>

namespace ahoy::inline v0 {

namespace {

const ahoy_internet_functions& internet() {
  std::string why;
  const void* found = module_symbol("internet", "ahoy_internet_module", why);
  if (!found)
    throw error{std::make_error_code(std::errc::no_such_file_or_directory), "open", "the module internet",
                why};
  return *static_cast<const ahoy_internet_functions*>(found);
}

}  // namespace

int run_fetch(const fetch_options& given) { return internet().fetch(given); }
int run_upload(const upload_options& given) { return internet().upload(given); }
int run_telnet(const telnet_options& given) { return internet().telnet(given); }

}  // namespace ahoy::inline v0
