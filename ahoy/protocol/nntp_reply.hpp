#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

// The lines that a news server answers with (RFC 3977), read without input or output. What is read are views
// of the line, which has to outlive them; nothing where it is no such line.

/// Three digits, of which the first says how it went, and words (section 3.2).
struct nntp_reply {
  int code = 0;  ///< 100 to 599
  std::string_view text;
};
[[nodiscard]] std::optional<nntp_reply> parse_nntp_reply(std::string_view line) noexcept;

/// What GROUP says of the newsgroup that it chose (section 6.1.1), in the words after the code.
struct nntp_selection {
  std::uint64_t count = 0;  ///< about how many articles there are
  std::uint64_t first = 0;  ///< the numbers of the first and of the last; none where last < first
  std::uint64_t last = 0;
};
[[nodiscard]] std::optional<nntp_selection> parse_nntp_selection(std::string_view text) noexcept;

/// A newsgroup in the list of those that are there: LIST ACTIVE (section 7.6.3).
struct nntp_group {
  std::string_view name;
  std::uint64_t last = 0;
  std::uint64_t first = 0;
  std::string_view status;  ///< "y" takes articles, "n" does not, "m" has a moderator
};
[[nodiscard]] std::optional<nntp_group> parse_nntp_group(std::string_view line) noexcept;

/// What one is about: LIST NEWSGROUPS (section 7.6.6).
struct nntp_description {
  std::string_view name;
  std::string_view text;
};
[[nodiscard]] std::optional<nntp_description> parse_nntp_description(std::string_view line) noexcept;

/// What the server can do: CAPABILITIES (section 3.3), a line each. Of 200 of them 50 words are kept.
class nntp_capabilities {
 public:
  void add(std::string_view line);
  /// "STARTTLS", whatever the case.
  [[nodiscard]] bool has(std::string_view name) const;
  /// Of "AUTHINFO USER SASL" it has the name AUTHINFO with the argument USER.
  [[nodiscard]] bool has(std::string_view name, std::string_view argument) const;
  /// Nothing is known.
  [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }

 private:
  [[nodiscard]] const std::vector<std::string>* line_of(std::string_view name) const;
  std::vector<std::vector<std::string>> lines_;  // the words of each, in lower case
};

}  // namespace ahoy::inline v0
