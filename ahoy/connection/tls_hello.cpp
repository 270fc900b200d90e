#include <ahoy/connection/tls_hello.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

constexpr unsigned char handshake = 22;  // a record of the handshake that is not encrypted
constexpr unsigned char client_hello = 1;

}  // namespace

void hello_guard::begin_record() noexcept {
  of_record_ = 0;
  left_in_record_ = std::size_t{record_[3]} << 8U | record_[4];
}

bool hello_guard::begin_message() noexcept {
  of_message_ = 0;
  left_in_message_ = std::size_t{message_[1]} << 16U | std::size_t{message_[2]} << 8U | message_[3];
  return message_[0] != client_hello || left_in_message_ <= longest_hello;
}

bool hello_guard::admits(std::string_view wire) noexcept {
  while (!wire.empty()) {
    const bool is_in_record = left_in_record_ > 0;
    const bool passes = is_in_record && (record_[0] != handshake || left_in_message_ > 0);
    std::size_t taken = 1;
    if (passes) {
      taken = std::min(wire.size(), left_in_record_);
      if (record_[0] == handshake) taken = std::min(taken, left_in_message_);
      if (record_[0] == handshake) left_in_message_ -= taken;
    }
    if (is_in_record) left_in_record_ -= taken;
    const auto byte = static_cast<unsigned char>(wire.front());
    wire.remove_prefix(taken);
    if (passes) continue;
    if (is_in_record) {
      message_[of_message_++] = byte;
      if (of_message_ == message_.size() && !begin_message()) return false;
    } else {
      record_[of_record_++] = byte;
      if (of_record_ == record_.size()) begin_record();
    }
  }
  return true;
}

}  // namespace ahoy::inline v0
