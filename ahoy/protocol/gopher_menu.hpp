#pragma once
#include <ahoy/address/scheme.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// A line of a menu (RFC 1436, section 2).
struct gopher_item {
  char type = 'i';       ///< '0' text, '1' menu, '7' search, '9' binary, 'i' to be read, …
  std::string title;     ///< what a person sees
  std::string selector;  ///< what the server is asked
  std::string host;
  std::uint16_t port = 70;

  /// "text", "menu", "binary", …; "item" for a type that is not known.
  [[nodiscard]] std::string_view kind() const noexcept;
  /// "gopher://localhost/1/folder"; empty for what is only to be read, and where no URL can say it. A menu
  /// does not tell of TLS: `by` is the scheme for who knows that the server has it.
  [[nodiscard]] std::string url(scheme by = scheme::gopher) const;
  friend bool operator==(const gopher_item&, const gopher_item&) = default;
};

/// Reads a menu, however it is cut. A line that is none is passed over. Throws error (protocol_broken) for
/// one that is longer than 64 KiB, and where the first has no tab: then it is no menu, and most often says
/// what is wrong. Ends at a line with a dot alone, or the end of the stream.
class gopher_menu_reader {
 public:
  /// The items that end in `bytes`.
  [[nodiscard]] std::vector<gopher_item> take(std::string_view bytes);
  /// Of a last line without an end.
  [[nodiscard]] std::optional<gopher_item> finish();

 private:
  std::string unfinished_;
  bool has_begun_ = false;
  bool is_over_ = false;
};

/// What the path of a URL means: "/1/folder" is a menu, "" too (RFC 4266).
struct gopher_path {
  char type = '1';
  std::string selector;  ///< decoded
};
/// Throws error (malformed): a line end or a tab in it, which would ask something else; a name where the type
/// should be, as in "/a.txt".
[[nodiscard]] gopher_path read_gopher_path(std::string_view path);

/// The words of an answer that is an item of type 3, an error, and nothing else: so servers refuse, also
/// where a text was asked for. Gopher has no other sign of it: what a server says in words of its own is
/// content.
[[nodiscard]] std::optional<std::string> gopher_refusal(std::string_view answer);

}  // namespace ahoy::inline v0
