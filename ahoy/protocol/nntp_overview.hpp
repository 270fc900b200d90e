#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What an overview says of an article (RFC 3977, section 8): its headers as they are, but on one line, where
/// the ends of lines and tabs have become spaces. Views of the line that was read.
struct nntp_overview {
  std::uint64_t number = 0;
  std::string_view subject, from, date, message_id, references;
  std::uint64_t bytes = 0;  ///< 0: not known
  std::uint64_t lines = 0;
  std::string_view others;  ///< "Xref: …", and more between tabs, if the server keeps more

  /// The value of "Xref" among the others.
  [[nodiscard]] std::string_view other(std::string_view name) const noexcept;
};

/// In which order a server's overview has its fields.
class nntp_overview_format {
 public:
  /// That of RFC 3977, section 8.3, which every server has to have.
  nntp_overview_format() noexcept;
  /// What LIST OVERVIEW.FMT answers (section 8.4); at most 32 are heeded.
  explicit nntp_overview_format(std::span<const std::string> names) noexcept;

  /// Nothing where the line does not begin with an article's number. What it lacks is empty.
  [[nodiscard]] std::optional<nntp_overview> parse(std::string_view line) const noexcept;

 private:
  enum class field : std::uint8_t { subject, from, date, message_id, references, bytes, lines, other };
  static field field_of(std::string_view name) noexcept;
  static void set(nntp_overview& entry, field which, std::string_view value) noexcept;

  static constexpr std::size_t most_fields = 32;
  std::array<field, most_fields> fields_{};
  std::size_t count_ = 0;  // of those before which none but others follow
};

}  // namespace ahoy::inline v0
