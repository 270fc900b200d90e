#include <ahoy/engine/attempt.hpp>
#include <ahoy/server/datagram_request.hpp>

#include <cerrno>

namespace ahoy::inline v0 {

datagram_request::datagram_request(ahoy::engine& by, fd socket, const datagram_header& header,
                                   std::string data)
    : socket_{by, std::move(socket)}, header_{header}, data_{std::move(data)} {}

bool datagram_request::submit(receive_operation& asked) {
  if (is_over(asked)) return true;
  if (!received_all_) asked.received = engine().buffers().copy(data_);
  received_all_ = true;
  return true;
}

/// A socket without room waits in the call itself: it is the answer's own.
bool datagram_request::submit(send_operation& asked) {
  if (is_over(asked)) return true;
  send_to_operation sending{&socket_, asked.left, header_};
  while (!attempt(sending, engine().buffers(), patience::one_call)) continue;
  asked.error = sending.error == ECONNREFUSED ? 0 : sending.error;  // the news of another's closed port
  return true;
}

}  // namespace ahoy::inline v0
