#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/engine/engine.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// A two-way conversation with one peer: a stream (TCP, a Unix socket, a pipe in memory), or the datagrams of
/// one peer. It belongs to the thread of its engine. At most one receive and one send are awaited at a time
/// (asserted); one of each may be. Nothing is buffered here: what was sent is the kernel's.
class connection {
 public:
  connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  virtual ~connection() = default;

  class receive_awaiter : public receive_operation {
   public:
    receive_awaiter(connection& from, duration limit) noexcept
        : receive_operation{nullptr, limit}, from_{from} {}
    [[nodiscard]] ahoy::engine& engine() const noexcept override { return from_.engine(); }
    /// Throws error: a reset, operation_canceled, timed_out.
    bytes await_resume() {
      if (error != 0) fail();
      return std::move(received);
    }

   private:
    bool submit() override { return from_.submit(*this); }
    [[noreturn]] void fail() const;
    connection& from_;
  };
  /// What the peer sent, as soon as there is any: at least one byte, at most buffer_pool::block_size; empty()
  /// at the end of the stream, and from then on. Of datagrams, one each, whole.
  [[nodiscard]] receive_awaiter receive() noexcept { return {*this, timeout_}; }

  class receive_within_awaiter : public receive_awaiter {
   public:
    using receive_awaiter::receive_awaiter;
    std::optional<bytes> await_resume();
  };
  /// As receive(), but nullopt where nothing came within `limit`; the connection's own timeout does not
  /// apply.
  [[nodiscard]] receive_within_awaiter receive_within(duration limit) noexcept { return {*this, limit}; }

  class discard_awaiter : public receive_awaiter {
   public:
    discard_awaiter(connection& from, duration limit) noexcept : receive_awaiter{from, limit} {
      drops = true;
    }
    std::optional<std::size_t> await_resume();
  };
  /// As receive(), but what came is let go, unseen and, over TCP, never copied: how many bytes; nullopt at
  /// the end. Of a TCP peer that has sent much, less than 64 KiB may be kept until there is more, or its
  /// end.
  [[nodiscard]] discard_awaiter discard() noexcept { return {*this, timeout_}; }

  class send_awaiter : outgoing {
   public:
    send_awaiter(connection& to, std::string_view data) noexcept : outgoing{data}, to_{to} {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) {
      context& where = self.promise().where();
      descriptor* const below = to_.below_;
      const tried how =
          below ? below->engine().send_at_once(*below, *this, where) : to_.send_at_once(*this, where);
      return how != tried::complete && wait(self, where, how);
    }
    void await_resume() const {
      if (error != 0 || waiting_) finish();
    }

   private:
    /// Only a send that cannot be completed at once is made an operation.
    struct operation;
    struct deleter {
      void operator()(operation* done) const noexcept;
    };
    bool wait(std::coroutine_handle<> self, context& where, tried how);
    void finish() const;
    connection& to_;
    std::unique_ptr<operation, deleter> waiting_;
  };
  /// Hands all of `data` to the kernel, which must stay valid until then; as one datagram where these are
  /// datagrams. Success says nothing about the peer. Throws error; an unknown part may have been sent then.
  /// A server that has received several datagrams together gathers a copy of each small answer, and sends
  /// them together at the end of the turn; one that fails then makes the next receive() or send() throw.
  [[nodiscard]] send_awaiter send(std::string_view data) noexcept { return {*this, data}; }
  /// The same; whoever is idle between receiving and sending keeps no view of it in its frame.
  [[nodiscard]] send_awaiter send(const bytes& data) noexcept { return {*this, data.text()}; }

  class send_file_awaiter : public send_file_operation {
   public:
    send_file_awaiter(connection& to, int from, std::size_t limit) noexcept
        : send_file_operation{nullptr, from, limit, to.timeout_}, to_{to} {}
    [[nodiscard]] ahoy::engine& engine() const noexcept override { return to_.engine(); }
    std::size_t await_resume() const;

   private:
    bool submit() override { return to_.submit(*this); }
    connection& to_;
  };
  /// Hands at most `most` bytes of a regular file, from its position on, to the kernel without a copy of
  /// them, and moves the position: how many; 0 at the end of the file, and where this connection or that file
  /// cannot do so (read and send() then, which is also how a file's failure shows). Throws as send() does.
  [[nodiscard]] send_file_awaiter send_file(int file, std::size_t most) noexcept {
    return {*this, file, most};
  }

  /// What has to be agreed on before anything is said (TLS). It happens at the first receive() or send() too:
  /// this is for who wants to know by itself how it went. Throws error: not_trusted, handshake_failed,
  /// timed_out.
  virtual task<> handshake() { co_return; }
  /// Ends our half: the peer sees the end of the stream after what was sent. Receiving goes on. No send may
  /// be pending. Idempotent; nothing for datagrams. An end that has to be told in words (TLS) waits where
  /// there is no room for them: until_sent() sees to it, and so does the next receive().
  virtual void shutdown_send() = 0;
  /// What has come by now may still be received; then a receive() ends with the end of the stream, a pending
  /// one too. What the peer sends from now on is lost.
  virtual void shutdown_receive() = 0;
  /// Whether the end that shutdown_receive() made kept from who received what the peer had sent later.
  [[nodiscard]] virtual bool left_unheard() const noexcept { return false; }
  /// The next close() tells the peer of a failure: a reset, where the transport has one.
  virtual void abort_on_close() noexcept {}
  /// Waits until what was sent is the kernel's, where it was gathered to be sent with that of others, or is
  /// the end of our half and had to wait. Throws as the send() would have thrown, if nobody was told of that
  /// yet.
  virtual task<> until_sent() { co_return; }
  /// What of `data` can be taken now, without any wait: how much; 0 also where it fails, which the next
  /// send() tells. No send may be pending. For a connection on top of this one.
  virtual std::size_t send_what_fits(std::string_view data) noexcept;

  /// The limit of each receive and of each send that does not progress; they throw timed_out then.
  void set_timeout(duration each) noexcept { timeout_ = each; }
  [[nodiscard]] duration timeout() const noexcept { return timeout_; }

  [[nodiscard]] virtual ahoy::engine& engine() const noexcept = 0;
  [[nodiscard]] virtual address local() const = 0;
  [[nodiscard]] virtual address remote() const = 0;
  /// "tcp", "unix", "udp", "pipe", "tls"
  [[nodiscard]] virtual std::string_view transport() const noexcept = 0;
  /// Each receive() is one message, whole.
  [[nodiscard]] virtual bool keeps_boundaries() const noexcept { return false; }
  /// The descriptor below, for what only a socket can tell; null where there is none. From the first
  /// receive() on, an engine may have taken bytes (or an error) from the socket that no receive() was given
  /// yet: who reads from it directly does so before.
  [[nodiscard]] descriptor* native() noexcept { return below_; }
  /// What carries the bytes in the end: this, or what it stands on.
  [[nodiscard]] virtual connection& wire() noexcept { return *this; }
  [[nodiscard]] virtual std::uint64_t bytes_received() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t bytes_sent() const noexcept = 0;
  /// How many of the bytes that wire() was given carry what was sent so far: over TLS there are more.
  [[nodiscard]] virtual std::uint64_t bytes_on_wire() const noexcept { return bytes_sent(); }
  /// Another number whenever the peer has taken some of what was sent, as far as its system tells: to be
  /// compared for equality alone.
  [[nodiscard]] virtual std::uint64_t progress() const noexcept { return bytes_sent(); }

  /// What callers are called: "127.0.0.1:40112", or "unix:1" where an address says nothing.
  [[nodiscard]] std::string label() const { return label_ ? *label_ : remote().to_string(); }
  /// Empty where it is called by its address.
  [[nodiscard]] std::string own_label() const { return label_ ? *label_ : std::string{}; }
  /// Another one than the address of the peer.
  void set_label(std::string label) { label_ = std::make_unique<const std::string>(std::move(label)); }

 protected:
  /// true where it is complete at once, else it is the engine's to complete (see engine::submit).
  virtual bool submit(receive_operation& asked) = 0;
  virtual bool submit(send_operation& asked) = 0;
  /// As engine::send_at_once(), for a connection over no descriptor of its own.
  virtual tried send_at_once(outgoing& /*what*/, const context& /*where*/) { return tried::no; }
  /// Completes at once with ENOSYS where no file can be sent so.
  virtual bool submit(send_file_operation& asked);
  /// For one whose operations fail for reasons that errno has no word for: throws the reason, where there is
  /// one.
  virtual void throw_reason(const operation& /*failed*/) {}
  /// For a connection over a descriptor.
  static bool submit_on(descriptor& below, operation& asked) {
    asked.on = &below;
    return below.engine().submit(asked);
  }
  /// For one that has none: what has something at hand, such as a pipe in memory, completes without its
  /// engine. A stop or a deadline is observed all the same.
  static bool is_over(operation& asked) noexcept;

  /// What is sent and received goes over this descriptor, which lives as long.
  void go_over(descriptor& below) noexcept { below_ = &below; }

 private:
  descriptor* below_ = nullptr;
  std::unique_ptr<const std::string> label_;
  duration timeout_ = no_timeout;
};

}  // namespace ahoy::inline v0
