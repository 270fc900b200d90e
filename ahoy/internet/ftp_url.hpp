#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/protocol/ftp.hpp>

namespace ahoy::inline v0 {

/// What the URL names. Throws error (malformed).
[[nodiscard]] ftp_path ftp_path_of(const internet_options& given);

}  // namespace ahoy::inline v0
