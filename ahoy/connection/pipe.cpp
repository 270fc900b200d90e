#include <ahoy/connection/pipe.hpp>

#include <algorithm>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// One direction of a pipe. Its sender and its receiver hold it together, so that either may go first.
struct lane {
  std::size_t capacity = 0;
  std::string held;
  operation* receiver =
      nullptr;  // pending ones alone: the engine clears the place of an operation that is over
  operation* sender = nullptr;
  std::uint64_t taken = 0, given = 0;
  bool ended = false;   // nothing more will be sent
  bool deaf = false;    // what is sent is lost
  bool lost = false;    // something was
  bool told = false;    // the receiver was told of an end, though its peer goes on
  bool broken = false;  // so is whoever would have received it, and its sender is told

  bool give(receive_operation& asked, engine& by);
  bool take(send_operation& asked);
  void pump(engine& by);
};

bool lane::give(receive_operation& asked, engine& by) {
  if (held.empty()) {
    told = told || deaf;
    return ended || deaf;
  }
  const std::size_t size = std::min(held.size(), buffer_pool::block_size);
  asked.received = by.buffers().copy(std::string_view{held}.substr(0, size));
  held.erase(0, size);
  given += size;
  return true;
}

bool lane::take(send_operation& asked) {
  if (ended || broken) {
    asked.error = EPIPE;
    return true;
  }
  const std::size_t size = deaf ? asked.left.size() : std::min(asked.left.size(), capacity - held.size());
  if (!deaf) held.append(asked.left.substr(0, size));
  lost = lost || (deaf && size > 0);
  asked.left.remove_prefix(size);
  taken += size;
  return asked.left.empty();
}

/// Moves what can be moved, and wakes whoever is done by that.
void lane::pump(engine& by) {
  for (bool moved = true; moved;) {
    moved = false;
    if (sender && take(static_cast<send_operation&>(*sender))) {
      by.complete(*sender, sender->error);
      moved = true;
    }
    if (receiver && give(static_cast<receive_operation&>(*receiver), by)) {
      by.complete(*receiver, 0);
      moved = true;
    }
  }
}

class pipe_end final : public connection {
 public:
  pipe_end(ahoy::engine& by, std::shared_ptr<lane> in, std::shared_ptr<lane> out, std::string label)
      : engine_{by}, in_{std::move(in)}, out_{std::move(out)} {
    set_label(std::move(label));
  }
  ~pipe_end() override {
    shutdown_send();
    in_->broken = true;
    in_->held.clear();
    shutdown_receive();
  }

  void shutdown_send() override {
    out_->ended = true;
    out_->pump(engine_);
  }
  void shutdown_receive() override {
    in_->deaf = true;
    in_->pump(engine_);
  }
  std::size_t send_what_fits(std::string_view data) noexcept override;
  bool left_unheard() const noexcept override { return in_->told && in_->lost; }
  ahoy::engine& engine() const noexcept override { return engine_; }
  address local() const override { return {}; }
  address remote() const override { return {}; }
  std::string_view transport() const noexcept override { return "pipe"; }
  std::uint64_t bytes_received() const noexcept override { return in_->given; }
  std::uint64_t bytes_sent() const noexcept override { return out_->taken; }

 private:
  bool submit(receive_operation& asked) override;
  bool submit(send_operation& asked) override;

  ahoy::engine& engine_;
  std::shared_ptr<lane> in_, out_;
};

bool pipe_end::submit(receive_operation& asked) {
  if (is_over(asked)) return true;
  if (in_->give(asked, engine_)) {
    in_->pump(engine_);
    return true;
  }
  asked.slot = &in_->receiver;
  return engine_.submit(asked);
}

bool pipe_end::submit(send_operation& asked) {
  if (is_over(asked)) return true;
  if (out_->take(asked)) {
    out_->pump(engine_);
    return true;
  }
  asked.slot = &out_->sender;
  const bool stopped = engine_.submit(asked);
  out_->pump(engine_);
  return stopped;
}

std::size_t pipe_end::send_what_fits(std::string_view data) noexcept {
  send_operation asked{nullptr, data};
  static_cast<void>(out_->take(asked));
  out_->pump(engine_);
  return data.size() - asked.left.size();
}

}  // namespace

std::pair<std::unique_ptr<connection>, std::unique_ptr<connection>> make_pipe(engine& by,
                                                                              std::size_t capacity) {
  auto there = std::make_shared<lane>();
  auto back = std::make_shared<lane>();
  there->capacity = back->capacity = capacity;
  return {std::make_unique<pipe_end>(by, back, there, "pipe:1"),
          std::make_unique<pipe_end>(by, there, back, "pipe:2")};
}

}  // namespace ahoy::inline v0
