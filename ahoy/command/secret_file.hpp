#pragma once
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Says so where others than its owner may read a file that holds a secret; `what` says which. Of a pipe, as
/// a shell makes of <(...), and of what is not there, nothing is said.
void warn_where_others_read(std::string_view what, const std::string& name);

}  // namespace ahoy::inline v0
