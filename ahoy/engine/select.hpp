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

/// Makes the engine for the calling thread, which must be the one that runs it, and after any fork. Throws
/// error where the one that was asked for cannot be had: the hint says what refuses it.
[[nodiscard]] std::unique_ptr<engine> make_engine(engine_choice which = engine_choice::automatic);

/// The first of these that can be had; its reason() says why it is none of those before it. Throws error
/// where none can.
[[nodiscard]] std::unique_ptr<engine> make_first_of(std::span<const engine_choice> in_order);
/// What `automatic` stands for, the best first.
[[nodiscard]] std::span<const engine_choice> preferred_engines() noexcept;

/// What to log of an engine: "engine: epoll, since io_uring is refused: ...".
[[nodiscard]] std::string description(const engine& of);

}  // namespace ahoy::inline v0
