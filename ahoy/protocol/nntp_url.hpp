#pragma once
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What the path of a URL names on a news server (RFC 5538, whose `news` is `nntp` here too).
struct nntp_url {
  enum class kind {
    groups,    ///< "/", "/comp.*": `name` is a wildmat; empty: all
    group,     ///< "/GROUP"
    numbered,  ///< "/GROUP/NUMBER"
    article,   ///< "/<id@host>", or without the brackets: `name` is empty
  };
  kind what = kind::groups;
  std::string name;
  std::string article;  ///< a number, or a message-id with its brackets
};

/// Reads a path, percent-encoded. Throws error (malformed): no line to a server can be made of what it names.
[[nodiscard]] nntp_url parse_nntp_url(std::string_view path);

/// The newsgroups of "/GROUP" or "/GROUP,GROUP" that an article is to go to, with commas; empty for "/".
/// Throws as above, and for what is no name.
[[nodiscard]] std::string parse_newsgroups(std::string_view path);

}  // namespace ahoy::inline v0
