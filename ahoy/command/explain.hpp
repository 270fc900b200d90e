#pragma once
#include <ahoy/command/options.hpp>

#include <string>

namespace ahoy::inline v0 {

// --explain: what this would do, every default filled in. Opens and looks up nothing.

[[nodiscard]] std::string explain(const listen_options& given);
[[nodiscard]] std::string explain(const call_options& given);
[[nodiscard]] std::string explain(const send_options& given);
[[nodiscard]] std::string explain(const bench_options& given);
[[nodiscard]] std::string explain(const fetch_options& given);
[[nodiscard]] std::string explain(const upload_options& given);
[[nodiscard]] std::string explain(const telnet_options& given);

}  // namespace ahoy::inline v0
