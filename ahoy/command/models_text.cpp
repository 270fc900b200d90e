#include <ahoy/command/models_text.hpp>

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace ahoy::inline v0 {

namespace {

struct model_row {
  std::string_view model;
  std::string_view at_once;  ///< callers that are served at the same time
  std::string_view memory;   ///< what handlers of two callers share
  std::string_view crash;    ///< whom it harms
  std::string_view blocked;  ///< whom a handler that blocks holds up
  std::string_view descriptors;
};

constexpr std::array rows{
    model_row{"iterative", "one*", "all", "all", "all", "1"},
    model_row{"event", "all", "all", "all", "all", "1"},
    model_row{"event, N loops", "all", "all", "all", "those of its loop", "2"},
    model_row{"thread", "all", "all", "all", "its caller", "2"},
    model_row{"thread, N workers", "N", "all", "all", "its caller", "2"},
    model_row{"process", "all", "nothing", "its caller", "its caller", "3"},
    model_row{"process, N workers", "N", "nothing", "its caller", "its caller", "1"},
};

constexpr std::string_view beyond_the_table =
    "* Over UDP all: nobody knows when a peer has left, so that the next one could wait for ever.\n"
    "Callers who find no worker free wait, as /who shows; a worker that died is replaced for the next "
    "caller, and the one it served is told of as `its process was ended by SIGSEGV (segmentation fault)`. "
    "Where the system has no more processes or threads a caller is told `busy`, and nobody else notices; "
    "without --max-clients no "
    "more than 1024 callers have one of their own, and no more than half of what the system has.\n"
    "The server itself accepts all callers under every model, on a loop of its own, and hands them over: so "
    "--allow, --deny, --max-clients, /who and /kick are the same everywhere, and no caller waits at a worker "
    "that is busy while another is free.\n"
    "Callers of talk and relay meet, so their handler runs at the server under every model; a worker of "
    "process or thread carries what they say, and event needs none. Over UDP iterative and event have a "
    "conversation with each peer; under process and thread each datagram is a request of its own, but for "
    "talk and relay.\n"
    "A process has a copy of the handler, made when it started, and of descriptors those that were open then "
    "and "
    "its own caller's. A "
    "thread that blocks in something else than ahoy cannot be cut: it holds up the end of the server.\n";

}  // namespace

std::string models_text() {
  std::string text = fmt::format("  {:<19}{:<8}{:<10}{:<12}{:<19}{}\n", "", "at once", "shared",
                                 "crash harms", "blocking holds up", "descriptors");
  for (const model_row& each : rows)
    text += fmt::format("  {:<19}{:<8}{:<10}{:<12}{:<19}{}\n", each.model, each.at_once, each.memory,
                        each.crash, each.blocked, each.descriptors);
  return text + std::string{beyond_the_table};
}

}  // namespace ahoy::inline v0
