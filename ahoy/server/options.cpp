#include <ahoy/error/unreadable.hpp>
#include <ahoy/server/options.hpp>

namespace ahoy::inline v0 {

model parse_model(std::string_view text) {
  if (text == "iterative") return model::iterative;
  if (text == "event") return model::event;
  throw unreadable("model", text, "say iterative or event");
}

std::string_view to_string(model which) noexcept { return which == model::iterative ? "iterative" : "event"; }

}  // namespace ahoy::inline v0
