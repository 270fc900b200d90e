#include <ahoy/command/internet_module.hpp>
#include <ahoy/command/last_words.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/internet/explain.hpp>
#include <ahoy/internet/protocols.hpp>

namespace {

template <class Options, int (*work)(const Options&)>
int work_or_explain(const Options& given) {
  if (!given.explain) return work(given);
  ahoy::write_to_stdout(ahoy::explain(given));
  return to_integer(ahoy::status::done);
}

/// Nothing is thrown out of the module.
template <class Options, int (*work)(const Options&)>
int guarded(const Options& given) {
  return ahoy::with_last_words([&given] { return work_or_explain<Options, work>(given); });
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const ahoy_internet_functions ahoy_internet_module;
const ahoy_internet_functions ahoy_internet_module = {
    guarded<ahoy::fetch_options, ahoy::fetch>,
    guarded<ahoy::upload_options, ahoy::upload>,
    guarded<ahoy::telnet_options, ahoy::telnet>,
};
