#pragma once
#include <ahoy/address/network.hpp>

#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// A list of networks that says nothing: who may call then is everybody, which of --allow nobody means.
enum class empty_list { is_fine, is_refused };

/// The networks in a file, one a line; # begins a comment, to the end of its line. At most 1 MiB of text.
/// Throws error, with the file and the line: malformed, out_of_range, too_long, or why it cannot be read.
[[nodiscard]] std::vector<network> networks_in_file(const std::string& name, empty_list what_of_none);

}  // namespace ahoy::inline v0
