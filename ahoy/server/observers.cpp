#include <ahoy/server/observers.hpp>

namespace ahoy::inline v0 {

void observers::listening(scheme as, const address& on) {
  for (observer* each : all_) each->listening(as, on);
}

void observers::bound() {
  for (observer* each : all_) each->bound();
}

void observers::ready() {
  for (observer* each : all_) each->ready();
}

void observers::waiting(const connection& caller, std::size_t ahead) {
  for (observer* each : all_) each->waiting(caller, ahead);
}

void observers::joined(const connection& caller) {
  for (observer* each : all_) each->joined(caller);
}

void observers::ended_its_half(const connection& caller) {
  for (observer* each : all_) each->ended_its_half(caller);
}

void observers::left(const connection& caller, std::string_view why) {
  for (observer* each : all_) each->left(caller, why);
}

void observers::departed(callers::caller& who, std::string_view why) {
  for (observer* each : all_) each->departed(who, why);
}

void observers::busy(const address& caller, std::size_t here) {
  for (observer* each : all_) each->busy(caller, here);
}

void observers::no_worker(const address& caller, std::string_view why) {
  for (observer* each : all_) each->no_worker(caller, why);
}

void observers::denied(const address& caller) {
  for (observer* each : all_) each->denied(caller);
}

void observers::made_way(const connection& caller) {
  for (observer* each : all_) each->made_way(caller);
}

void observers::too_many(const address& caller, std::size_t here) {
  for (observer* each : all_) each->too_many(caller, here);
}

void observers::too_often(const address& caller) {
  for (observer* each : all_) each->too_often(caller);
}

void observers::insecure(const connection& caller, std::string_view why) {
  for (observer* each : all_) each->insecure(caller, why);
}

void observers::untold(turned_away how, std::uint64_t callers) {
  for (observer* each : all_) each->untold(how, callers);
}

void observers::exhausted(std::string_view why) {
  for (observer* each : all_) each->exhausted(why);
}

void observers::dropped(std::string_view label, std::uint64_t messages) {
  for (observer* each : all_) each->dropped(label, messages);
}

void observers::too_large(std::string_view label, std::size_t bytes) {
  for (observer* each : all_) each->too_large(label, bytes);
}

}  // namespace ahoy::inline v0
