#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/engine/buffer.hpp>
#include <ahoy/socket/fd.hpp>
#include <ahoy/task/context.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <coroutine>
#include <cstdint>
#include <string_view>

namespace ahoy::inline v0 {

class engine;
class operation;
class received_datagrams;

/// An open file as its engine knows it. At most one operation that reads and one that writes wait on it at a
/// time (asserted). It must not be closed while one does, and must not outlive its engine.
class descriptor {
 public:
  descriptor(ahoy::engine& owner, fd file) noexcept : engine_{&owner}, file_{std::move(file)} {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { close(); }

  [[nodiscard]] ahoy::engine& engine() const noexcept { return *engine_; }
  [[nodiscard]] int number() const noexcept { return file_.get(); }
  [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(file_); }
  /// The file again, no longer known to the engine.
  fd release() noexcept;
  void close() noexcept { release(); }

  /// The operation that waits to read; null if none does.
  [[nodiscard]] operation* reading() const noexcept { return reading_; }

  std::uint64_t received = 0;  ///< bytes so far
  std::uint64_t sent = 0;      ///< bytes that the kernel took so far
  /// Of it a receive of less than a block has taken all that was there (epoll(7), question 9; a Unix socket's
  /// may have stopped at a descriptor that was passed), and what has come can be let go without a copy.
  bool is_tcp = false;
  bool at_end = false;  ///< a receive was told of the end of the stream

 private:
  friend class loop;
  friend class epoll_engine;
  friend class blocking_engine;
  friend class uring_engine;
  bool registered_ = false;
  bool emptied_ = false;  // epoll engine: nothing to read until the kernel reports a change
  bool ending_ = false;   // epoll engine: the peer's end was reported, of which no further change tells
  std::uint32_t place_ : 24 = 0;  // uring engine: 1-based place of what the ring knows of it; 0: nothing yet
  operation* reading_ = nullptr;
  operation* writing_ = nullptr;
  ahoy::engine* engine_;
  fd file_;
  fd edges_;  // blocking engine: an epoll descriptor that turns this one's changes into readiness
  std::array<std::uint32_t, 2> kernel_timeouts_{};  // blocking engine: SO_RCVTIMEO, SO_SNDTIMEO, in us
};

enum class operation_kind : std::uint8_t {
  receive,       ///< from a stream
  send,          ///< to a stream, all of it
  send_file,     ///< to a stream, a part of a regular file
  receive_from,  ///< datagrams, at least one
  send_to,       ///< a datagram
  accept,
  connect,
  ready,  ///< until poll() reports one of the events
  edge,   ///< until the next change that the kernel reports after the submission
  park,   ///< until engine::complete(), or the timeout
};

/// How far something came that was tried without waiting.
enum class tried : std::uint8_t { no, in_vain, complete };

/// One thing asked of an engine: submitted, completed once, then its coroutine is resumed (unless it was
/// complete at once). It lives in the frame of the coroutine that awaits it. `error` is an errno value, 0 for
/// success.
class operation : public waiter {
 public:
  operation(operation_kind what, descriptor* file, duration limit = no_timeout) noexcept
      : kind{what}, timeout{limit}, on{file} {}

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) {
    waiting = self;
    where = &self.promise().where();
    return !submit();
  }
  bool await_ready() const noexcept { return false; }
  void cancel() noexcept override;
  /// The engine that it is submitted to.
  [[nodiscard]] virtual ahoy::engine& engine() const noexcept { return on->engine(); }
  /// Whether time may end it.
  [[nodiscard]] bool is_timed() const noexcept {
    return timeout != no_timeout || where->deadline() != no_deadline;
  }

  const operation_kind kind;
  bool pending = false;  ///< submitted and not complete
  /// May be noticed late while another operation is busy: the blocking engine then makes that one's call
  /// alone, as long as it does not take long.
  bool unhurried = false;
  bool timed_out = false;  ///< its own timeout passed (not its context's deadline); error is then ETIMEDOUT
  int error = 0;
  duration timeout;  ///< of this operation alone; the context's deadline holds besides
  descriptor* on;    ///< null where it waits for something else than a descriptor
  operation** slot =
      nullptr;  ///< holds this operation while it is pending: whoever may complete it looks there
  context* where = nullptr;
  std::coroutine_handle<> waiting;

  bool was_tried = false;  ///< a moment ago, in vain: it waits at once

 protected:
  ~operation() = default;
  virtual bool submit();

 private:
  friend class loop;
  friend class timer_heap;
  friend class epoll_engine;
  bool put_off_ = false;           // in the queue to be submitted again, so that others have their turn
  bool has_turn_ = false;          // epoll engine: pending, and to be tried in this turn
  std::uint32_t timer_index_ = 0;  // 1-based place in the heap; 0 while in none
};

/// What is to be sent, and how that went.
struct outgoing {
  std::string_view left;  ///< what the kernel has not taken yet
  int error = 0;          ///< an errno value
};

struct receive_operation : operation {
  explicit receive_operation(descriptor* from, duration limit = no_timeout) noexcept
      : operation{operation_kind::receive, from, limit} {}
  bytes received;             ///< empty at end of stream
  bool drops = false;         ///< what comes need not be copied out of the kernel; it is counted
  bool is_of_a_send = false;  ///< the error is that of what was said before
  std::size_t dropped = 0;    ///< how much was not copied
};

struct send_operation : operation {
  send_operation(descriptor* to, std::string_view data, duration limit = no_timeout) noexcept
      : operation{operation_kind::send, to, limit}, left{data} {}
  std::string_view left;  ///< what the kernel has not taken yet
};

/// At least one byte, where the file has one from its position on, and at most `most`; the position moves on.
struct send_file_operation : operation {
  send_file_operation(descriptor* to, int regular_file, std::size_t size, duration limit) noexcept
      : operation{operation_kind::send_file, to, limit}, file{regular_file}, most{size} {}
  int file;
  std::size_t most;
  std::size_t taken = 0;  ///< by the kernel, so far; 0 at the end of the file
};

/// What came with a datagram, or goes with it.
struct datagram_header {
  address peer;
  address local;  ///< which of our addresses was asked, and is to answer; unspecified: the socket's own
  std::uint8_t mark = 0;  ///< the DSCP value of the IP header; of one that is sent, 0 is the socket's own
};

/// As many as are there, into what holds none any more.
struct receive_from_operation : operation {
  receive_from_operation(descriptor* from, received_datagrams& room) noexcept
      : operation{operation_kind::receive_from, from}, into{room} {}
  received_datagrams& into;
};

struct send_to_operation : operation {
  send_to_operation(descriptor* through, std::string_view bytes, const datagram_header& to) noexcept
      : operation{operation_kind::send_to, through}, data{bytes}, header{to} {}
  std::string_view data;
  const datagram_header& header;  ///< a peer that is unspecified: the connected one
};

struct accept_operation : operation {
  explicit accept_operation(descriptor* listener) noexcept : operation{operation_kind::accept, listener} {}
  fd accepted;
  address peer;
};

/// Who has called: what an accept gives.
struct accepted_caller {
  fd socket;
  address peer;
};

struct connect_operation : operation {
  connect_operation(descriptor* with, const address& peer) noexcept
      : operation{operation_kind::connect, with}, to{peer} {}
  address to;
  bool begun = false;
  [[nodiscard]] int await_resume() const noexcept { return error; }
};

struct ready_operation : operation {
  ready_operation(descriptor* file, short wanted) noexcept
      : operation{operation_kind::ready, file}, events{wanted} {}
  short events;       ///< POLLIN, POLLOUT
  short revents = 0;  ///< as poll() says
  short await_resume();
};

struct unhurried_ready_operation : ready_operation {
  unhurried_ready_operation(descriptor* file, short wanted) noexcept : ready_operation{file, wanted} {
    unhurried = true;
  }
};

struct edge_operation : operation {
  explicit edge_operation(descriptor* file) noexcept : operation{operation_kind::edge, file} {}
  void await_resume() const;
};

struct park_operation : operation {
  explicit park_operation(ahoy::engine& by) noexcept : operation{operation_kind::park, nullptr}, by_{by} {}
  [[nodiscard]] ahoy::engine& engine() const noexcept final { return by_; }

 private:
  ahoy::engine& by_;
};

}  // namespace ahoy::inline v0
