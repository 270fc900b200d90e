#include <ahoy/command/last_words.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/error/escape.hpp>

#include <csignal>
#include <exception>
#include <new>
#include <string>

namespace ahoy::inline v0 {

namespace {

int fault(const std::string& line) {
  write_to_stderr("ahoy: " + line + "\n");
  return to_integer(status::fault);
}

}  // namespace

int with_last_words(const std::function<int()>& work) {
  try {
    return work();
  } catch (const error& failure) {
    if (is_closed_output(failure)) end_by_signal(SIGPIPE);
    report(failure);
    return to_integer(status_of(failure));
  } catch (const std::bad_alloc&) {
    write_to_stderr("ahoy: out of memory\n");
  } catch (const std::exception& failure) {
    return fault("a fault of ours: " + escape(failure.what()));
  } catch (...) {
    return fault("a fault of ours, of an unknown kind");
  }
  return to_integer(status::fault);
}

}  // namespace ahoy::inline v0
