#pragma once
#include <ahoy/command/option_table.hpp>
#include <ahoy/command/options.hpp>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// The text of --explain: lines of two columns, what, and how. Nothing is wrapped: every space of a value
/// counts.
class explanation {
 public:
  explicit explanation(std::string_view verb);

  void add(std::string_view what, std::string_view how);
  /// Whom we look up, connect or speak to, and from where.
  void add_peer(const endpoint& to, const common_options& given);
  void add_give_up(const common_options& given);
  void add_statuses(verb of);
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

/// ", IPv4 alone"; empty where either will do.
[[nodiscard]] std::string_view family_text(family wanted);

}  // namespace ahoy::inline v0
