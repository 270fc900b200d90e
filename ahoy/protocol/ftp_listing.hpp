#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

enum class ftp_kind { file, folder, link, other };
/// "file", "folder", "link", "other"
[[nodiscard]] std::string_view to_string(ftp_kind kind) noexcept;

/// One row of a folder, as its server describes it. Nothing of it may be trusted: a name may be "../../x".
struct ftp_entry {
  std::string name;
  ftp_kind kind = ftp_kind::other;
  std::optional<std::uint64_t> size;  ///< in bytes
  /// RFC 3339 in UTC where the server says it so (MLSD); else as it was written, in the server's own time:
  /// "Nov 23 09:15", "Jan  1  2025", or RFC 3339 without a zone. May be empty.
  std::string modified;
  std::string target;  ///< of a link, where it is said
  friend bool operator==(const ftp_entry&, const ftp_entry&) = default;
};

/// A line of MLSD (RFC 3659, section 7); nothing where it is none, or is the folder itself or the one above.
[[nodiscard]] std::optional<ftp_entry> read_mlsd_line(std::string_view line);
/// A line of LIST as ls -l and DOS have it, which are the usual forms of what no standard says; nothing where
/// it is neither ("total 12").
[[nodiscard]] std::optional<ftp_entry> read_list_line(std::string_view line);

/// Cuts what comes into lines, and reads each. A line longer than 64 KiB throws error (protocol_broken).
class ftp_listing_reader {
 public:
  /// `is_mlsd`: else LIST.
  explicit ftp_listing_reader(bool is_mlsd) noexcept : is_mlsd_{is_mlsd} {}
  /// The entries that end in `bytes`.
  [[nodiscard]] std::vector<ftp_entry> take(std::string_view bytes);
  /// Of a last line without an end.
  [[nodiscard]] std::optional<ftp_entry> finish();

 private:
  bool is_mlsd_;
  std::string unfinished_;
};

}  // namespace ahoy::inline v0
