#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/handler/gathering.hpp>
#include <ahoy/task/scope.hpp>

namespace ahoy::inline v0 {

/// One caller while it is here.
struct gathering::place {
  place(ahoy::room& in, connection& peer, const gathering_options& options, context& where)
      : peer{peer}, member{in, peer}, line{peer, options.framing, options.max_message}, tasks{where} {
    line.set_message_timeout(options.message_timeout);
  }
  connection& peer;
  room_member member;
  channel line;
  scope tasks;                 // hearing, speaking, and watching for the end
  std::exception_ptr refused;  // a message that the framing's limit forbids
  bool all_said = false;       // our half is closed
  bool all_heard = false;      // the caller's is
};

room& gathering::room(ahoy::engine& by) {
  if (!room_) room_ = std::make_unique<ahoy::room>(by, options_.room, told_);
  return *room_;
}

task<> gathering::serve(connection& peer) {
  context& here = co_await this_context();
  place own{room(peer.engine()), peer, options_, here};
  own.tasks.start_all(speak(own), watch_for_end(own), hear_all(own));
  co_await own.tasks.join();
  if (own.refused) std::rethrow_exception(own.refused);
  const bool keeps_some = !own.all_said;  // it had left, and took nothing any more
  if (own.member.was_put_out() || keeps_some)
    throw error{make_error_code(errc::too_slow), "send to", peer.label()};
}

task<> gathering::hear_all(place& of) {
  try {
    co_await hear(of);
  } catch (const error& failure) {
    if (failure.code() != errc::too_long) throw;
    of.refused = std::current_exception();
  }
  co_await written().kept();
  if (of.refused) co_await say_what_was_too_long(of);
  of.all_heard = true;
  told_.ended_its_half(of.peer);
  if (of.all_said) {
    of.tasks.stop();
  } else if (!options_.stay_after_end || of.refused) {
    of.member.leave();
    co_await flush(of);
  }
}

task<> gathering::say_what_was_too_long(place& of) {
  const std::string limit = std::to_string(options_.max_message);
  const std::string reason = "that message was too long, the limit is " + limit + " bytes: good-bye";
  co_await room(of.peer.engine()).say_to(of.peer.label(), reason);
}

task<> gathering::hear(place& of) {
  for (;;) {
    std::optional<message> said = co_await of.line.receive_or_part(options_.unfinished_after);
    if (!said) co_return;
    co_await heard(of.member, of.peer, *said);
  }
}

/// Waits until all is sent that waits for a caller who has left, but not for one that takes nothing.
task<> gathering::flush(place& of) {
  for (bool takes = true; takes;) {
    const std::uint64_t before = of.peer.progress();
    co_await of.peer.engine().sleep(options_.room.slow_after);
    takes = of.peer.progress() != before;
  }
  of.tasks.stop();
}

task<> gathering::speak(place& of) {
  for (;;) {
    const std::vector<room_member::text> texts = co_await of.member.next();
    if (texts.empty()) break;
    co_await send(of, texts);
    of.member.took();
  }
  of.all_said = true;
  if (!of.all_heard && !of.member.was_put_out()) co_await hear_on(of);
  of.tasks.stop();
}

/// The room is finished, the caller is not.
task<> gathering::hear_on(place& of) {
  of.peer.shutdown_send();
  co_await of.peer.engine().sleep(options_.hear_after_finish);
}

/// With one call of the system's for all that waits: of a relay with many members, calls are most of the
/// cost.
task<> gathering::send(place& of, const std::vector<room_member::text>& texts) {
  std::string framed;
  if (of.peer.keeps_boundaries())
    co_await send_each(of, texts);
  else
    for (const room_member::text& each : texts) framed += encode(of.line.how(), *each);
  if (!framed.empty()) co_await of.peer.send(framed);
}

/// What no datagram can hold is told. Whoever said it must not thereby put this caller out.
task<> gathering::send_each(place& of, const std::vector<room_member::text>& texts) {
  for (const room_member::text& each : texts) {
    try {
      co_await of.line.send(*each);
    } catch (const error& failure) {
      if (failure.code() != std::errc::message_size) throw;
      told_.too_large(of.peer.label(), each->size());
    }
  }
}

task<> gathering::watch_for_end(place& of) {
  co_await of.member.until_put_out();
  of.tasks.stop();
}

task<> talk::heard(room_member&, const connection& peer, const message& said) {
  co_await written().heard(peer, said);
}

task<> relay::heard(room_member& from, const connection& peer, const message& said) {
  co_await written().heard(peer, said);
  const std::string line = "[" + peer.label() + "] " + escape(said.text) + (said.unfinished ? "…" : "");
  co_await room(peer.engine()).say_to_others(&from, line);
}

}  // namespace ahoy::inline v0
