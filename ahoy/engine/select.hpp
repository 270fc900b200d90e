#pragma once
#include <ahoy/engine/engine.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

enum class engine_choice { automatic, epoll, uring, blocking };

/// "auto", "epoll", "uring". Throws error (malformed) for any other text.
[[nodiscard]] engine_choice parse_engine_choice(std::string_view text);
/// "auto", "epoll", "uring", "blocking"
[[nodiscard]] std::string_view to_string(engine_choice which) noexcept;

/// Makes the engine for the calling thread, which runs it, after any fork. `automatic` is the first of
/// preferred_engines() that can be had. Throws error where the one that was asked for cannot: the hint says
/// what refuses it.
[[nodiscard]] std::unique_ptr<engine> make_engine(engine_choice which = engine_choice::automatic);

/// An engine, and why it is none of those that were preferred to it; empty where it is the first choice.
struct chosen_engine {
  std::unique_ptr<engine> made;
  std::string reason;  ///< "io_uring is refused: ..."
};
/// The first of these that can be had. Throws error where none can.
[[nodiscard]] chosen_engine choose_engine(std::span<const engine_choice> preferred);
/// What `automatic` stands for, the best first.
[[nodiscard]] std::span<const engine_choice> preferred_engines() noexcept;

}  // namespace ahoy::inline v0
