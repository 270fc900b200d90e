#include <ahoy/protocol/dot_text.hpp>

namespace ahoy::inline v0 {

std::size_t dot_decoder::take(std::string_view bytes, std::string& plain) {
  std::size_t at = 0;
  while (at < bytes.size() && place_ != place::over) {
    // Within a line all up to its end is text: that is most of it, and copied at once.
    const std::size_t end = place_ == place::within ? bytes.find('\n', at) : at;
    const std::size_t size = end == bytes.npos ? bytes.size() - at : end - at;
    plain.append(bytes.substr(at, size));
    at += size;
    if (at < bytes.size()) take_one(bytes[at++], plain);
  }
  return at;
}

void dot_decoder::take_one(char each, std::string& plain) {
  if (place_ == place::begin && each == '.') {
    place_ = place::dot;
  } else if (place_ == place::dot && each == '\r') {
    place_ = place::dot_return;
  } else if ((place_ == place::dot || place_ == place::dot_return) && each == '\n') {
    place_ = place::over;
  } else {
    if (place_ == place::dot_return) plain += '\r';
    plain += each;
    place_ = each == '\n' ? place::begin : place::within;
  }
}

void dot_encoder::add(std::string_view text, std::string& wire) {
  for (const char each : text) {
    if (begins_line_ && each == '.') wire += '.';
    if (each == '\n' && !after_return_) wire += '\r';
    wire += each;
    begins_line_ = each == '\n';
    after_return_ = each == '\r';
  }
}

void dot_encoder::finish(std::string& wire) {
  if (!begins_line_) wire += after_return_ ? "\n" : "\r\n";
  wire += ".\r\n";
  *this = {};
}

}  // namespace ahoy::inline v0
