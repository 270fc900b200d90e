#pragma once
#include <ahoy/command/options.hpp>

namespace ahoy::inline v0 {

// The verbs' own work. Each returns the exit status (see status.hpp), or throws ahoy::error, which main
// reports and turns into a status. Before it is called, standard streams are open, SIGPIPE is ignored, and
// the soft limit of descriptors is the hard one (standard_streams.hpp, signals.hpp, descriptor_limit.hpp).
// `explain` is false: that was answered before.

[[nodiscard]] int run_listen(const listen_options& given);
[[nodiscard]] int run_call(const call_options& given);
[[nodiscard]] int run_send(const send_options& given);
[[nodiscard]] int run_bench(const bench_options& given);
// These are the module internet's (ahoy/internet), which is opened for them, also to `explain`.
[[nodiscard]] int run_fetch(const fetch_options& given);
[[nodiscard]] int run_upload(const upload_options& given);
[[nodiscard]] int run_telnet(const telnet_options& given);

}  // namespace ahoy::inline v0
