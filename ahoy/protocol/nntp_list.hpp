#pragma once
#include <ahoy/protocol/line_cutter.hpp>
#include <ahoy/protocol/nntp_overview.hpp>
#include <ahoy/protocol/nntp_reply.hpp>
#include <ahoy/protocol/wildmat.hpp>
#include <ahoy/task/task.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

class reply_channel;

/// A text that a news server sends, as it comes: of an article, or of a list, in memory that does not grow
/// with it. It belongs to the client that asked for it, and has to be received to its end before the next
/// command.
class nntp_text {
 public:
  /// Of at most `limit` bytes. Without a channel it is over already.
  nntp_text(reply_channel* from, std::uint64_t limit) noexcept : from_{from}, left_{limit}, limit_{limit} {}

  /// The next piece, with its line ends; empty at the end, and from then on. Throws error: cut_short,
  /// too_long.
  task<std::string> receive();

 private:
  reply_channel* from_;
  std::uint64_t left_, limit_;
};

/// The same, line by line.
class nntp_lines {
 public:
  nntp_lines(reply_channel* from, std::uint64_t limit) noexcept : text_{from, limit}, from_{from} {}

  /// Whether there is another line, or the list is over. Throws as nntp_text does, and protocol_broken for a
  /// line without an end.
  task<bool> more();
  /// The next line of those that have come, without its end; valid until the next call of more(). Nothing
  /// where more() has to be asked. Throws protocol_broken for a line that is too long.
  [[nodiscard]] std::optional<std::string_view> next();
  /// Throws protocol_broken.
  [[noreturn]] void refuse(std::string_view line) const;

 private:
  nntp_text text_;
  reply_channel* from_;
  line_cutter lines_;
};

/// A list, entry by entry:
///
///   for (;;) {
///     const bool is_more = co_await list.more();
///     if (!is_more) break;
///     while (const auto* each = list.next()) use(*each);
///   }
///
/// `Reader` makes an entry of a line, or nothing, and says which are wanted.
template <class Reader>
class nntp_list {
 public:
  using entry = typename Reader::entry;
  nntp_list(nntp_lines from, Reader reader) : lines_{std::move(from)}, reader_{std::move(reader)} {}

  /// Whether there may be another entry, or the list is over. Throws error: cut_short, too_long,
  /// protocol_broken.
  task<bool> more() { return lines_.more(); }
  /// The next entry of those that have come; valid until the next call of either. Null where more() has to be
  /// asked. Throws error (protocol_broken) for a line that is none.
  [[nodiscard]] const entry* next() {
    while (const auto line = lines_.next()) {
      entry_ = reader_.read(*line);
      if (!entry_) lines_.refuse(*line);
      if (reader_.wants(*entry_)) return &*entry_;
    }
    return nullptr;
  }

 private:
  nntp_lines lines_;
  Reader reader_;
  std::optional<entry> entry_;
};

/// A server that heeds no wildmat answers with more than was asked for.
[[nodiscard]] inline bool is_meant(const std::string& wildmat, std::string_view name) noexcept {
  return wildmat.empty() || is_beyond_wildmat(wildmat) || matches_wildmat(wildmat, name);
}

struct nntp_group_reader {
  using entry = nntp_group;
  std::string wildmat;
  [[nodiscard]] static std::optional<entry> read(std::string_view line) noexcept {
    return parse_nntp_group(line);
  }
  [[nodiscard]] bool wants(const entry& each) const noexcept { return is_meant(wildmat, each.name); }
};

struct nntp_description_reader {
  using entry = nntp_description;
  std::string wildmat;
  [[nodiscard]] static std::optional<entry> read(std::string_view line) noexcept {
    return parse_nntp_description(line);
  }
  [[nodiscard]] bool wants(const entry& each) const noexcept { return is_meant(wildmat, each.name); }
};

struct nntp_overview_reader {
  using entry = nntp_overview;
  nntp_overview_format format;
  [[nodiscard]] std::optional<entry> read(std::string_view line) const noexcept { return format.parse(line); }
  [[nodiscard]] static bool wants(const entry&) noexcept { return true; }
};

using nntp_group_list = nntp_list<nntp_group_reader>;
using nntp_description_list = nntp_list<nntp_description_reader>;
using nntp_overview_list = nntp_list<nntp_overview_reader>;

}  // namespace ahoy::inline v0
