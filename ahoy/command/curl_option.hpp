#pragma once
#include <ahoy/command/option_table.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// What does here what an option of curl does there, for who typed it before or behind a URL; empty where it
/// is none of curl's, or the words name no URL that `fetch` and `send` have. `word` is as it was typed, "-o",
/// "-ofile",
/// "--output=file".
[[nodiscard]] std::string curl_option(verb of, std::span<const std::string_view> words,
                                      std::string_view word);

/// A hint of it: the option of ours, alone.
struct curl_row {
  std::string_view spellings;  ///< of curl, the letter first
  std::string_view ours;       ///< begins with the option, if there is one
};
[[nodiscard]] std::span<const curl_row> curl_rows() noexcept;

}  // namespace ahoy::inline v0
