#pragma once
#include <ahoy/engine/engine.hpp>

#include <memory>
#include <string_view>

namespace ahoy::inline v0 {

enum class engine_choice { automatic, epoll, blocking };

/// "auto", "epoll". Throws error (malformed) for any other text.
[[nodiscard]] engine_choice parse_engine_choice(std::string_view text);

/// Makes the engine for the calling thread. `automatic` is epoll.
[[nodiscard]] std::unique_ptr<engine> make_engine(engine_choice which = engine_choice::automatic);

}  // namespace ahoy::inline v0
