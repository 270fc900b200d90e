#pragma once
#include <ahoy/command/option_table.hpp>

#include <string>

namespace ahoy::inline v0 {

/// ahoy(1), and ahoy-VERB(1), in the language of man(7).
[[nodiscard]] std::string man_page();
[[nodiscard]] std::string man_page(verb of);

}  // namespace ahoy::inline v0
