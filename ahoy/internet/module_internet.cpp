#include <ahoy/command/internet_module.hpp>
#include <ahoy/command/last_words.hpp>
#include <ahoy/internet/protocols.hpp>

namespace {

/// Nothing is thrown out of the module.
template <class Options, int (*work)(const Options&)>
int guarded(const Options& given) {
  return ahoy::with_last_words([&given] { return work(given); });
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const ahoy_internet_functions ahoy_internet_module;
const ahoy_internet_functions ahoy_internet_module = {
    guarded<ahoy::fetch_options, ahoy::fetch>,
    guarded<ahoy::upload_options, ahoy::upload>,
    guarded<ahoy::telnet_options, ahoy::telnet>,
};
