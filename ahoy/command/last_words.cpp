#include <ahoy/command/last_words.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/error/escape.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>

namespace ahoy::inline v0 {

namespace {

int fault(const std::string& line) {
  write_to_stderr("ahoy: " + line + "\n");
  return to_integer(status::fault);
}

int out_of_memory() {
  write_to_stderr("ahoy: out of memory\n");
  return to_integer(status::fault);
}

std::terminate_handler before = std::abort;

/// Where nothing can be thrown (the JSON library's destructors allocate), it is the same fault all the same.
[[noreturn]] void end_where_nothing_can_be_thrown() {
  try {
    if (const std::exception_ptr failure = std::current_exception()) std::rethrow_exception(failure);
  } catch (const std::bad_alloc&) {
    std::_Exit(out_of_memory());
  } catch (...) {
    before();  // a fault of ours
  }
  std::abort();
}

}  // namespace

int with_last_words(const std::function<int()>& work) {
  before = std::set_terminate(end_where_nothing_can_be_thrown);
  try {
    return work();
  } catch (const error& failure) {
    if (is_closed_output(failure)) end_by_signal(SIGPIPE);
    report(failure);
    return to_integer(status_of(failure));
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::exception& failure) {
    return fault("a fault of ours: " + escape(failure.what()));
  } catch (...) {
    return fault("a fault of ours, of an unknown kind");
  }
}

}  // namespace ahoy::inline v0
