#include <ahoy/command/bench_report.hpp>
#include <ahoy/command/defaults.hpp>
#include <ahoy/command/explain.hpp>
#include <ahoy/command/explanation.hpp>
#include <ahoy/command/settings.hpp>
#include <ahoy/command/value_text.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/server/capacity.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace ahoy::inline v0 {
namespace {

bool is_datagram(const endpoint& of) { return of.type() == socket_type::datagram; }

std::string framing_text(framing which, const endpoint& to) {
  return is_datagram(to) ? "a datagram is a message" : fmt::format("{} framing", to_string(which));
}

void add_limits(explanation& all, const common_options& given) {
  all.add("accept", fmt::format("messages of at most {}", size_text(given.max_message)));
  all.add_give_up(given);
}

void add_output(explanation& all, const common_options& given, std::string_view plain) {
  const auto* hex = given.hex ? "as a hex dump" : "";
  std::string how(given.json ? "as JSON, an object per line" : given.hex ? hex : plain);
  if (given.timestamps && !given.json) how += ", led by its time";
  all.add("show", fmt::format("what comes in {}", how));
}

std::string_view shown_text(const endpoint& to, framing which) {
  return is_datagram(to) && which != framing::raw ? "a datagram on a line; on a terminal, escaped"
                                                  : "byte for byte; on a terminal, escaped";
}

std::string callers_text(const tls_settings& how) {
  if (!how.token.empty()) {
    tls_settings rest = how;
    rest.token.clear();
    return fmt::format("{} and has the token in {}", callers_text(rest), escape(how.token));
  }
  if (!how.allow_key.empty()) return "who has a key in " + escape(how.allow_key);
  if (!how.requires_certificate) return "whoever calls";
  return "who has a certificate by " + (how.cacert.empty() ? "the system's authorities" : escape(how.cacert));
}

std::string end_of_datagrams(const after_eof& at_end) {
  using rule = after_eof::rule;
  if (at_end.how == rule::close) return "end at once";
  if (at_end.how == rule::wait) return "listen on without a limit of time";
  const auto limit = at_end.how == rule::limited ? at_end.limit : datagram_linger;
  return fmt::format("listen {} more, since datagrams have no end", duration_text(limit));
}

std::string end_of_stream(const after_eof& at_end) {
  using rule = after_eof::rule;
  if (at_end.how == rule::close) return "close once what was sent is acknowledged";
  if (at_end.how == rule::wait) return "keep our half open, and receive until the peer ends its half";
  const auto limit =
      at_end.how == rule::limited ? fmt::format(", at most {}", duration_text(at_end.limit)) : "";
  return fmt::format("close our half (FIN), and receive until the peer ends its half{}", limit);
}

std::string end_text(const endpoint& to, const after_eof& at_end) {
  return is_datagram(to) ? end_of_datagrams(at_end) : end_of_stream(at_end);
}

std::string message_text(const send_options& given) {
  if (given.messages.empty())
    return is_datagram(given.to)
               ? "standard input, a line a datagram"
               : fmt::format("standard input, under {}", framing_text(framing_for(given), given.to));
  std::size_t bytes = 0;
  for (const auto& each : given.messages) bytes += each.size();
  return fmt::format("{} message{} of {} byte{} together; {}", given.messages.size(),
                     given.messages.size() == 1 ? "" : "s", bytes, bytes == 1 ? "" : "s",
                     framing_text(framing_for(given), given.to));
}

std::string_view meaning_of(confirmation which) {
  for (const auto& each : find_option("--confirm")->choices)
    if (each.word == to_string(which)) return each.meaning;
  return {};
}

std::string handler_text(const listen_options& given) {
  if (given.exec.empty()) {
    const bool is_greet = given.handler == "greet";
    return is_greet ? fmt::format("greet: send \"{}\" and close", escape(given.greeting)) : given.handler;
  }
  std::string command;
  for (const auto& word : given.exec)
    command += fmt::format("{}{}", command.empty() ? "" : " ", quoted_word(word));
  return fmt::format("the program {}", command);
}

std::string model_text(const server_options& server) {
  const std::string workers =
      server.workers > 0 ? fmt::format(" with {} worker{}", server.workers, server.workers == 1 ? "" : "s")
                         : "";
  return fmt::format("the model {}{}, engine {}{}", to_string(server.model), workers,
                     to_string(server.engine), server.once ? ", and end after one caller" : "");
}

std::string networks_text(const std::vector<network>& networks, const std::vector<std::string>& files) {
  std::string text;
  for (const auto& each : networks) text += fmt::format("{}{}", text.empty() ? "" : " ", each.to_string());
  for (const auto& each : files) text += fmt::format("{}@{}", text.empty() ? "" : " ", escape(each));
  return text;
}

std::string room_text(const listen_options& given) {
  return fmt::format("whose queue of {} was full while it took no byte for {}: {}",
                     size_text(given.room.queue), duration_text(given.room.slow_after),
                     to_string(given.room.slow));
}

std::string ended_half_text(const listen_options& given) {
  using rule = after_eof::rule;
  if (given.server.once && has_room(given))
    return given.at_end.how == rule::wait ? "is sent the rest of our input" : "ends our input, too";
  if (given.at_end.how == rule::wait) return "is kept, and still told what is said";
  if (given.at_end.how == rule::limited)
    return fmt::format("is kept for {} more", duration_text(given.at_end.limit));
  return has_room(given) ? "has left: its queue is flushed, then it is closed" : "is answered to the end";
}

std::string drain_text(duration limit) {
  return limit == no_timeout ? "until all is flushed" : fmt::format("for at most {}", duration_text(limit));
}

std::string most_callers_text(const server_options& server) {
  if (server.once) return "one caller";
  if (server.max_clients > 0) return fmt::format("at most {} callers at once", server.max_clients);
  const bool one_each =
      server.workers == 0 && (server.model == model::process || server.model == model::thread);
  return fmt::format("as many callers at once as descriptors allow{}",
                     one_each ? fmt::format(", but no more than {} nor half of what the system's limits on "
                                            "processes allow",
                                            most_own_workers)
                              : "");
}

std::string per_address_text(const address_limits& of) {
  std::string text = of.at_once > 0 ? fmt::format("at most {} callers at once", of.at_once) : "";
  if (of.per_second > 0)
    text += fmt::format("{}{} new ones a second, after {} at any rate", text.empty() ? "" : ", ",
                        of.per_second, of.burst > 0 ? of.burst : 10 * of.per_second);
  return text;
}

void add_callers(explanation& all, const listen_options& given) {
  const auto& server = given.server;
  const auto waiting = server.once ? "" : fmt::format(", {} waiting", server.backlog);
  const auto allowed = networks_text(server.allow, given.allow_files);
  const auto denied = networks_text(server.deny, given.deny_files);
  all.add("admit", fmt::format("{}{}, from {}{}", most_callers_text(server), waiting,
                               allowed.empty() ? "everywhere" : allowed,
                               denied.empty() ? "" : ", not from " + denied));
  if (const std::string limits = per_address_text(server.per_address); !limits.empty())
    all.add("per address", limits);
  if (server.idle_timeout != no_timeout)
    all.add("cut", fmt::format("who sends nothing for {}", duration_text(server.idle_timeout)));
  if (has_room(given) && given.message_timeout != no_timeout)
    all.add("cut", fmt::format("whose message takes more than {}", duration_text(given.message_timeout)));
  if (has_room(given)) all.add("slow is", room_text(given));
  if (!has_room(given) && server.stall_timeout != no_timeout)
    all.add("cut",
            fmt::format("who took nothing of what waits for it for {}", duration_text(server.stall_timeout)));
  all.add("who ends", fmt::format("its half {}", ended_half_text(given)));
}

}  // namespace

std::string explain(const listen_options& given) {
  explanation all("listen");
  for (const auto& each : given.on)
    all.add("listen on", each.to_string() + std::string(family_text(given.wanted)));
  if (std::ranges::any_of(given.on, [](const endpoint& each) { return each.scheme == scheme::tls; })) {
    all.add("show", given.tls.cert.empty() ? "a key of our own, made once" : escape(given.tls.cert));
    all.add("let in by tls",
            fmt::format("{}, within {}", callers_text(given.tls), duration_text(given.handshake_timeout)));
  }
  if (!given.user.empty()) all.add("become", fmt::format("{}, once that is done", escape(given.user)));
  if (given.source) all.add("join", fmt::format("groups on the interface of {}", *given.source));
  all.add("serve with", handler_text(given));
  all.add("under", model_text(given.server));
  all.add("cut by", fmt::format("{} framing; a datagram is a message", to_string(framing_for(given))));
  add_callers(all, given);
  if (has_room(given))
    all.add("read",
            fmt::format("standard input: what is said to callers{}", given.commands ? ", and commands" : ""));
  const bool has_end = has_room(given) && given.server.once && !is_datagram(given.on.front());
  if (has_end) all.add("at its end", end_of_stream(given.at_end));
  if (has_room(given)) add_output(all, given, "as [NAME] text, escaped");
  add_limits(all, given);
  if (!given.log.empty())
    all.add("log", fmt::format("events to {}, as {}", given.log == "-" ? "standard error" : escape(given.log),
                               given.log_as == log_format::json ? "json" : "text"));
  if (given.metrics) all.add("tell", fmt::format("Prometheus, who asks at {}", given.metrics->to_string()));
  all.add("drain", fmt::format("{} after SIGINT or SIGTERM", drain_text(given.server.drain)));
  all.add_statuses(verb::listen);
  return std::move(all).text();
}

std::string explain(const call_options& given) {
  explanation all("call");
  all.add_peer(given.to, given);
  all.add("say", fmt::format("standard input; {}", framing_text(framing_for(given), given.to)));
  all.add("at its end", end_text(given.to, given.at_end));
  add_output(all, given, shown_text(given.to, framing_for(given)));
  add_limits(all, given);
  all.add_statuses(verb::call);
  return std::move(all).text();
}

std::string explain(const send_options& given) {
  explanation all("send");
  const auto confirm = confirmation_for(given);
  all.add_peer(given.to, given);
  all.add("say", message_text(given));
  all.add("at its end", end_text(given.to, given.at_end));
  all.add("confirm", fmt::format("{}: {}", to_string(confirm), meaning_of(confirm)));
  add_output(all, given, shown_text(given.to, given.framing.value_or(framing::raw)));
  add_limits(all, given);
  all.add_statuses(verb::send);
  return std::move(all).text();
}

std::string explain(const bench_options& given) {
  explanation all("bench");
  const bool is_exchange = given.form == bench_form::exchange;
  if (given.form == bench_form::models) {
    for (const auto& each : measured_models())
      all.add("start", fmt::format("a server on this machine, under {}", name_of(each)));
  } else {
    all.add_peer(given.to, given);
  }
  const bool is_of_datagrams = given.to.type() == socket_type::datagram;
  all.add("open",
          fmt::format("{} {} at once", given.connections, is_of_datagrams ? "sockets" : "connections"));
  all.add("send", fmt::format("{} bytes, and compare what comes back{}", given.size,
                              is_exchange ? fmt::format("; {} at a time on each", given.depth) : ""));
  if (!is_exchange) all.add("close", "each connection after that, and make a new one");
  if (given.count != 0)
    all.add("end", fmt::format("after {} {}", given.count, is_exchange ? "exchanges" : "connections"));
  if (given.length != no_timeout) all.add("end", fmt::format("after {}", duration_text(given.length)));
  all.add("print", given.json ? "one JSON object" : "rates and times");
  if (!given.plot.empty()) all.add("draw", given.plot);
  all.add_give_up(given);
  all.add_statuses(verb::bench);
  return std::move(all).text();
}

}  // namespace ahoy::inline v0
