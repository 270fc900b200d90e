#include <ahoy/address/endpoint.hpp>
#include <ahoy/address/percent.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/gopher_menu.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t longest_line = std::size_t{64} * 1024;
constexpr std::size_t most_shown = 200;
constexpr std::uint16_t usual_port = 70;

struct kind_row {
  char type;
  std::string_view word;
};
// RFC 1436, section 3.8, and what servers have added.
constexpr std::array kinds{
    kind_row{'0', "text"},      kind_row{'1', "menu"},     kind_row{'2', "phone book"},
    kind_row{'3', "error"},     kind_row{'4', "binhex"},   kind_row{'5', "archive"},
    kind_row{'6', "uuencoded"}, kind_row{'7', "search"},   kind_row{'8', "telnet"},
    kind_row{'9', "binary"},    kind_row{'g', "gif"},      kind_row{'I', "image"},
    kind_row{'T', "tn3270"},    kind_row{'h', "html"},     kind_row{'s', "sound"},
    kind_row{'d', "document"},  kind_row{'i', "info"},     kind_row{'p', "image"},
    kind_row{':', "image"},     kind_row{';', "video"},    kind_row{'<', "sound"},
    kind_row{'P', "pdf"},       kind_row{'M', "mail"},     kind_row{'c', "calendar"},
    kind_row{'x', "xml"},       kind_row{'r', "document"},
};

bool is_known(char type) { return std::ranges::find(kinds, type, &kind_row::type) != kinds.end(); }

std::string_view take_field(std::string_view& line) {
  const auto field = line.substr(0, line.find('\t'));
  line.remove_prefix(std::min(field.size() + 1, line.size()));
  return field;
}

/// Nothing where the line is no item: of type, title, selector, host and port only the type must be there.
std::optional<gopher_item> item_of(std::string_view line) {
  if (line.empty()) return std::nullopt;
  gopher_item item;
  item.type = line.front();
  line.remove_prefix(1);
  item.title = take_field(line);
  item.selector = take_field(line);
  item.host = take_field(line);
  const auto port = take_field(line);
  const auto read = std::from_chars(port.data(), port.data() + port.size(), item.port);
  if (read.ec != std::errc{} || item.port == 0) item.port = usual_port;
  return item;
}

}  // namespace

std::string_view gopher_item::kind() const noexcept {
  const auto* found = std::ranges::find(kinds, type, &kind_row::type);
  return found == kinds.end() ? "item" : found->word;
}

std::string gopher_item::url(ahoy::scheme by) const {
  if (type == 'i' || type == '3' || host.empty()) return {};
  if (type == 'h' && selector.starts_with("URL:")) return selector.substr(4);
  const std::string_view kept = "/:@!$&'()*+,;=";
  const std::string type_in_url = percent_encoded({&type, 1}, kept);
  if (type_in_url.size() != 1) return {};  // no path can say it
  endpoint to;
  to.scheme = type == '8' ? scheme::telnet : by;
  to.port = ahoy::port(port);
  to.path = type == '8' ? "/" : "/" + type_in_url + percent_encoded(selector, kept);
  try {
    to.host = ahoy::host(host);
  } catch (const error&) {
    return {};  // what else stands there would be read as another part of the URL
  }
  return to.to_string();
}

std::vector<gopher_item> gopher_menu_reader::take(std::string_view bytes) {
  std::vector<gopher_item> items;
  for (const char each : bytes) {
    if (is_over_) break;
    if (each != '\n') unfinished_ += each;
    if (unfinished_.size() > longest_line)
      throw error{make_error_code(errc::protocol_broken), "read", "menu", "a line of it has no end"};
    if (each != '\n') continue;
    if (auto item = finish()) items.push_back(*std::move(item));
  }
  return items;
}

std::optional<gopher_item> gopher_menu_reader::finish() {
  std::string line = std::exchange(unfinished_, {});
  if (line.ends_with('\r')) line.pop_back();
  is_over_ = is_over_ || line == ".";
  const bool is_first = !has_begun_ && !line.empty();
  has_begun_ = has_begun_ || is_first;
  if (is_first && !is_over_ && line.find('\t') == line.npos)
    throw error{make_error_code(errc::protocol_broken), "read", "menu",
                "it is none; the server said: " + escape(line.substr(0, most_shown))};
  return is_over_ ? std::nullopt : item_of(line);
}

std::optional<std::string> gopher_refusal(std::string_view answer) {
  const auto line = answer.substr(0, answer.find_first_of("\r\n"));
  const auto rest = answer.substr(line.size());
  const bool is_alone = rest.find_first_not_of("\r\n.") == rest.npos;
  if (!line.starts_with('3') || std::ranges::count(line, '\t') < 3 || !is_alone) return std::nullopt;
  return item_of(line).value_or(gopher_item{}).title;
}

gopher_path read_gopher_path(std::string_view path) {
  gopher_path read;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return read;
  read.type = path.front();
  read.selector = percent_decoded(path.substr(1));
  if (read.selector.find_first_of("\r\n\t") != std::string::npos)
    throw error{make_error_code(errc::malformed), "read path", escape(path), "it holds a line end or a tab"};
  // A selector that begins with a slash stands behind a type, be it one of the server's own.
  if (!is_known(read.type) && !read.selector.starts_with('/'))
    throw error{
        make_error_code(errc::malformed), "read path", escape("/" + std::string{path}),
        "it begins with the type of the item: a text is /0/" + escape(path) + ", a menu /1/" + escape(path)};
  return read;
}

}  // namespace ahoy::inline v0
