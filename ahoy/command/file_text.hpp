#pragma once
#include <cstddef>
#include <string>

namespace ahoy::inline v0 {

/// All that a file holds, or a pipe, such as a shell makes of <(...). Throws error: EFBIG for more than
/// `most` bytes; timed_out for a pipe whose writer says nothing for 2 s, since others may be served by
/// whoever reads.
[[nodiscard]] std::string file_text(const std::string& name, std::size_t most);

}  // namespace ahoy::inline v0
