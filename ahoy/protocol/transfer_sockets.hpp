#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/task/task.hpp>

#include <memory>

namespace ahoy::inline v0 {

/// libcurl's sockets and its timer, awaited through an engine (libcurl-multi(3), the multi_socket way). All
/// sockets are in one epoll descriptor, so that one wait serves them, on every engine. Handles are libcurl's,
/// CURLM* and CURL*.
class transfer_sockets {
 public:
  explicit transfer_sockets(ahoy::engine& by);
  transfer_sockets(const transfer_sockets&) = delete;
  transfer_sockets& operator=(const transfer_sockets&) = delete;
  ~transfer_sockets();

  [[nodiscard]] void* multi() const noexcept { return multi_; }
  [[nodiscard]] ahoy::engine& engine() const noexcept { return ready_.engine(); }
  /// An easy handle, which must be taken out again before it goes.
  void add(void* easy);
  /// Waits until one of the sockets is ready or the time has come that libcurl asked for, and lets it do what
  /// it then can.
  task<> go_on();
  /// Waits for POLLIN or POLLOUT of the socket of a handle that only connects.
  task<> wait_for(void* easy, short events);

 private:
  // As libcurl calls them.
  static int watch(void* easy, int socket, int what, void* self, void* of_socket);
  static int set_timer(void* multi, long milliseconds, void* self);
  void watch_still(int socket) noexcept;
  void act_on_sockets();

  descriptor ready_;
  void* multi_;
  time_point due_ = no_deadline;
};

}  // namespace ahoy::inline v0
