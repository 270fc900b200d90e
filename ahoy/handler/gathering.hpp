#pragma once
#include <ahoy/message/channel.hpp>
#include <ahoy/server/handler.hpp>
#include <ahoy/server/room.hpp>

#include <memory>
#include <string>

namespace ahoy::inline v0 {

/// Where a gathering writes down what callers say.
class transcript {
 public:
  virtual ~transcript() = default;
  /// Who waits here is who spoke: a reader of the transcript that is slow holds up the speakers alone.
  virtual task<> heard(const connection& from, const message& said) = 0;
  /// Returns once all that was heard so far is where it is kept; throws where it cannot be. Our half ends
  /// only after that, since a peer takes our end for the word that it was heard.
  virtual task<> kept() { co_return; }
};

struct gathering_options {
  ahoy::framing framing = ahoy::framing::line;
  std::size_t max_message = channel::default_max_message;
  /// The longest from a message's first byte to its end; see channel::set_message_timeout().
  duration message_timeout = no_timeout;
  /// An unfinished line counts as said after this much quiet, since many programs end no line; no_timeout:
  /// never.
  duration unfinished_after = std::chrono::milliseconds{300};
  /// A caller that ended its half goes on listening.
  bool stay_after_end = false;
  /// How long a caller is heard after the room has finished, and all that waits for it is sent.
  duration hear_after_finish = no_timeout;
  room_options room;
};

/// Callers who meet in a room. What each says is heard as messages; what is said to it waits in its own
/// queue. A caller that ends its half has left: its queue is flushed, as long as it takes bytes, then it is
/// closed.
class gathering : public handler {
 public:
  /// `written` and `told` must outlive the gathering.
  gathering(gathering_options options, transcript& written, observer& told)
      : options_{options}, written_{written}, told_{told} {}

  task<> serve(connection& peer) override;
  void end() override {
    if (room_) room_->finish();
  }
  [[nodiscard]] bool callers_meet() const noexcept override { return true; }
  /// They answer when somebody speaks, which no other machine makes them do.
  [[nodiscard]] bool answers_by_itself() const noexcept override { return false; }

  /// The room on this engine. It is made when it is first asked for.
  [[nodiscard]] ahoy::room& room(ahoy::engine& by);
  [[nodiscard]] const gathering_options& options() const noexcept { return options_; }

 protected:
  /// A message of a caller; the next one is received when this is done.
  virtual task<> heard(room_member& from, const connection& peer, const message& said) = 0;
  transcript& written() const noexcept { return written_; }

 private:
  struct place;
  task<> hear_all(place& of);
  task<> say_what_was_too_long(place& of);
  task<> hear(place& of);
  task<> flush(place& of);
  task<> hear_on(place& of);
  task<> speak(place& of);
  task<> send(place& of, const std::vector<room_member::text>& texts);
  task<> send_each(place& of, const std::vector<room_member::text>& texts);
  task<> watch_for_end(place& of);

  gathering_options options_;
  transcript& written_;
  observer& told_;
  std::unique_ptr<ahoy::room> room_;
};

/// What callers say is written down; the answers come from whoever has the room.
class talk final : public gathering {
 public:
  using gathering::gathering;

 private:
  task<> heard(room_member& from, const connection& peer, const message& said) override;
};

/// What a caller says goes to all others as "[NAME] text", escaped, so that nobody speaks under another's
/// name; and is written down.
class relay final : public gathering {
 public:
  using gathering::gathering;
  [[nodiscard]] bool tells_others() const noexcept override { return true; }

 private:
  task<> heard(room_member& from, const connection& peer, const message& said) override;
};

}  // namespace ahoy::inline v0
