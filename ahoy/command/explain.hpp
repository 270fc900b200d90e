#pragma once
#include <ahoy/command/options.hpp>

#include <string>

namespace ahoy::inline v0 {

// --explain: what this would do, every default filled in. Opens and looks up nothing. (Of URLs of the
// internet's protocols the module `internet` tells.)

[[nodiscard]] std::string explain(const listen_options& given);
[[nodiscard]] std::string explain(const call_options& given);
[[nodiscard]] std::string explain(const send_options& given);
[[nodiscard]] std::string explain(const bench_options& given);

}  // namespace ahoy::inline v0
