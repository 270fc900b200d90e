#include <ahoy/error/unreadable.hpp>
#include <ahoy/server/options.hpp>

#include <array>

namespace ahoy::inline v0 {

namespace {

constexpr std::array<std::string_view, 4> models{"iterative", "event", "process", "thread"};

}  // namespace

model parse_model(std::string_view text) {
  for (std::size_t i = 0; i < models.size(); ++i)
    if (models[i] == text) return static_cast<model>(i);
  throw unreadable("model", text, "say iterative, event, process or thread");
}

std::string_view to_string(model which) noexcept { return models[static_cast<std::size_t>(which)]; }

}  // namespace ahoy::inline v0
